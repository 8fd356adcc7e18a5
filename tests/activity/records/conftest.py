from datetime import UTC, datetime

import pytest
from pytest_django import Settings

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def compress(settings: Settings) -> None:
    settings.USHER_EVENT_RECORDS = "compress"


@pytest.fixture
def drop(settings: Settings) -> None:
    settings.USHER_EVENT_RECORDS = "drop"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usher.activity.records.closing.PAUSE_SECONDS", 0.05)
