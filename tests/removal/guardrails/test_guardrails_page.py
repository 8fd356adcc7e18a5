"""The settings that every removal obeys, as a page."""

import re
from datetime import time
from html import unescape

import pytest
from django.test import Client

from tests.support.removal.accounts import signed_in
from tests.support.rest import api_of
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.removal.guardrails.settings import WrongQuietHours, change_guardrails
from usher.removal.guardrails.weakened import weaker_than_default
from usher.removal.models import Guardrails

DEFAULTS = {
    "needs_approval": "on",
    "daily_limit": "25",
    "share_limit": "5",
    "grace_minutes": "60",
    "quiet_from": "20:00",
    "quiet_until": "07:00",
    "why": "",
}


def change(client: Client, **changed: str) -> tuple[int, str]:
    """The status of the answer, and the text of the page that it leads to."""
    fields = {name: value for name, value in (DEFAULTS | changed).items() if value != "off"}
    answer = client.post("/settings/guardrails/", fields, follow=True)
    return answer.status_code, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.django_db(transaction=True)
def test_an_admin_changes_them_and_the_ledger_keeps_before_after_and_why() -> None:
    status, shown = change(
        signed_in(UserRole.ADMIN), daily_limit="10", quiet_from="", quiet_until="", why="Audit"
    )
    assert status == 200
    assert "The guardrails have been saved." in shown
    settings = Guardrails.get()
    assert (settings.daily_limit, settings.quiet_from, settings.quiet_until) == (10, None, None)
    entry = Entry.objects.get(action="settings.guardrails_changed")
    assert (entry.actor_name, entry.reason) == ("admin@example.com", "Audit")
    assert (entry.before["daily_limit"], entry.after["daily_limit"]) == ("25", "10")


@pytest.mark.django_db(transaction=True)
def test_saving_what_is_set_already_leaves_no_entry() -> None:
    change(signed_in(UserRole.ADMIN))
    assert not Entry.objects.filter(action="settings.guardrails_changed").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.OPERATOR, UserRole.APPROVER])
def test_everybody_else_reads_them_and_changes_nothing(role: UserRole) -> None:
    client = signed_in(role)
    shown = client.get("/settings/guardrails/").content.decode()
    assert "20:00 to 07:00" in shown
    assert "Only an admin may change settings." in shown
    assert 'name="daily_limit"' not in shown
    assert change(client, daily_limit="9999")[0] == 403
    assert Guardrails.get().daily_limit == 25


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"quiet_until": ""}, "Quiet hours need both a start and an end."),
        ({"quiet_from": ""}, "Quiet hours need both a start and an end."),
        ({"quiet_until": "20:00"}, "The quiet hours end when they start."),
        ({"quiet_until": "25:00"}, "Enter a valid time."),
        ({"share_limit": "101"}, "less than or equal to 100"),
        ({"daily_limit": "-1"}, "greater than or equal to 0"),
        ({"daily_limit": ""}, "This field is required."),
        ({"grace_minutes": "1000000"}, "less than or equal to 43200"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(changed: dict[str, str], words: str) -> None:
    status, shown = change(signed_in(UserRole.ADMIN), **changed)
    assert status == 422
    assert words in shown
    settings = Guardrails.get()
    assert (settings.daily_limit, settings.share_limit, settings.quiet_from) == (25, 5, time(20))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"quiet_until": None}, "quiet_until"),
        ({"quiet_from": None}, "quiet_from"),
        ({"quiet_until": time(20)}, "quiet_until"),
    ],
)
def test_whoever_changes_them_quiet_hours_keep_both_ends(changed: dict[str, object], field: str) -> None:
    with pytest.raises(WrongQuietHours) as refused:
        change_guardrails(SYSTEM, {"daily_limit": 10, **changed})
    assert refused.value.field == field
    settings = Guardrails.get()
    assert (settings.daily_limit, settings.quiet_from, settings.quiet_until) == (25, time(20), time(7))
    answer = api_of().patch(
        "/api/v1/guardrails",
        {name: value and f"{value:%H:%M}" for name, value in changed.items()},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@pytest.mark.django_db(transaction=True)
def test_settings_as_they_come_carry_no_warning() -> None:
    assert (
        "Weaker than the default"
        not in signed_in(UserRole.ADMIN).get("/settings/guardrails/").content.decode()
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "changed",
    [
        {"needs_approval": "off"},
        {"daily_limit": "26"},
        {"share_limit": "6"},
        {"grace_minutes": "59"},
        {"quiet_from": "", "quiet_until": ""},
        {"quiet_from": "21:00"},
    ],
)
def test_each_one_that_is_weaker_than_the_default_is_marked(changed: dict[str, str]) -> None:
    _, shown = change(signed_in(UserRole.ADMIN), **changed)
    assert shown.count("Weaker than the default") == 1


def test_stricter_settings_are_not_weaker() -> None:
    strict = Guardrails(
        daily_limit=1, share_limit=0, grace_minutes=600, quiet_from=time(12), quiet_until=time(11, 59)
    )
    assert weaker_than_default(strict) == {}


def test_quiet_hours_within_a_day_are_reckoned_like_those_over_midnight() -> None:
    assert weaker_than_default(Guardrails(quiet_from=time(8), quiet_until=time(19))) == {}
    assert set(weaker_than_default(Guardrails(quiet_from=time(8), quiet_until=time(18, 59)))) == {
        "quiet_from"
    }


def test_what_the_share_comes_to_is_told_by_workspace(acme: Connection) -> None:
    shown = unescape(signed_in(UserRole.VIEWER).get("/settings/guardrails/").content.decode())
    for workspace in acme.workspaces.filter(left_out=""):
        assert workspace.name in shown
    acme.mode = "read"
    acme.save()
    assert (
        "Usher cannot remove anybody"
        in signed_in(UserRole.VIEWER).get("/settings/guardrails/").content.decode()
    )
