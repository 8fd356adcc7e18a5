from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.db import connection as database
from pytest_django import DjangoDbBlocker, Settings

from tests.support.roster.people import a_connection, a_workspace
from tests.support.streams.receivers import DatadogIntake, ElasticBulk, LinesServer, SplunkHec, served
from usher.connections.models import Connection
from usher.roster.models import Workspace
from usher.streams import running


@pytest.fixture(autouse=True)
def _no_event_left_behind(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    yield
    if "transactional_db" in request.fixturenames:
        with django_db_blocker.unblock(), database.cursor() as cursor:
            cursor.execute("TRUNCATE activity_auditevent, activity_streamevent")


@pytest.fixture(autouse=True)
def _this_machine_may_be_sent_to(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.USHER_WEBHOOK_NETWORKS = [ip_network("127.0.0.1/32")]
    settings.USHER_STREAMS_FOLDER = str(tmp_path / "streams")
    monkeypatch.setattr(running, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def acme(transactional_db: None) -> Connection:
    return a_connection("Acme")


@pytest.fixture
def org(acme: Connection) -> Workspace:
    return a_workspace(acme, "Acme Inc", "acme.example")


@pytest.fixture
def lines() -> Iterator[LinesServer]:
    with served(LinesServer()) as receiver:
        assert isinstance(receiver, LinesServer)
        yield receiver


@pytest.fixture
def splunk() -> Iterator[SplunkHec]:
    with served(SplunkHec()) as receiver:
        assert isinstance(receiver, SplunkHec)
        yield receiver


@pytest.fixture
def elastic() -> Iterator[ElasticBulk]:
    with served(ElasticBulk()) as receiver:
        assert isinstance(receiver, ElasticBulk)
        yield receiver


@pytest.fixture
def datadog() -> Iterator[DatadogIntake]:
    with served(DatadogIntake()) as receiver:
        assert isinstance(receiver, DatadogIntake)
        yield receiver
