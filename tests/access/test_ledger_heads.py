"""The head of the ledger, given out every day."""

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from usher.access.ledger_heads import give_out_head
from usher.access.models import User
from usher.access.roles import UserRole
from usher.ledger.actors import SYSTEM
from usher.ledger.record import record

pytestmark = pytest.mark.django_db


def test_it_is_in_the_log_and_goes_to_whom_the_setting_names(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    for name, role in (("ada", UserRole.ADMIN), ("gone", UserRole.ADMIN), ("vera", UserRole.VIEWER)):
        User.objects.create_user(
            f"{name}@example.com", f"{name}@example.com", role=role, is_active=name != "gone"
        )
    settings.EMAIL_HOST = "mail.example.com"
    settings.USHER_LEDGER_HEADS_TO = ["admins", "auditor@example.net"]
    assert give_out_head() == "", "there is no entry yet"
    entry = record(SYSTEM, "case.approved", "case 1")
    head = f"1:{entry.hash}"
    assert give_out_head() == head
    assert f"Ledger head of today: {head}" in caplog.text
    assert sorted(one.to[0] for one in mail.outbox) == ["ada@example.com", "auditor@example.net"]
    assert all(len(one.to) == 1 and f"--head {head}" in one.body for one in mail.outbox)


def test_without_the_setting_nobody_gets_mail(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    record(SYSTEM, "case.approved", "case 1")
    assert give_out_head()
    assert mail.outbox == []


def test_the_page_of_the_ledger_shows_it_to_copy(client: Client) -> None:
    client.force_login(User.objects.create_user("vera@example.com", role=UserRole.VIEWER))
    entry = record(SYSTEM, "case.approved", "case 1")
    assert f'data-copy="1:{entry.hash}"' in client.get("/ledger/").content.decode()
