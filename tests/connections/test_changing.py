"""Change of mode, GID, service token, name and time of a connection."""

from datetime import time
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from pytest_django import Settings

from tests.connections.conftest import NOBODY_THERE, TOKEN, connect_by_oauth, gid_of
from usher.connections.models import Connection, ConnectionTest, Credentials
from usher.ledger.models import Entry
from usher.sandbox import RunningSandbox

AS_IT_IS = {"name": "Acme", "mode": "read", "workspace_gid": "", "sync_at": "03:00", "time_zone": "UTC"}


def change(browser: Client, connection: Connection, **changes: str) -> str:
    page = browser.post(f"/integrations/{connection.pk}/change/", AS_IT_IS | changes, follow=True).text
    connection.refresh_from_db()
    return page


def test_everything_can_be_changed_and_is_tested_again(
    browser: Client, connection: Connection, sandbox: RunningSandbox
) -> None:
    gid = gid_of(sandbox, "Side Projects")
    page = change(
        browser,
        connection,
        name="Acme Ltd",
        mode="act",
        workspace_gid=gid,
        service_token="sandbox-service-noaudit",
        sync_at="05:30",
        time_zone="Asia/Kathmandu",
    )
    assert "The connection is changed. Usher tests it now" in page
    assert (connection.name, connection.mode, connection.workspace_gid) == ("Acme Ltd", "act", gid)
    assert connection.has_service_token
    assert Credentials.objects.get().service_token == "sandbox-service-noaudit"
    assert connection.next_sync_at is not None
    assert connection.next_sync_at.astimezone(ZoneInfo("Asia/Kathmandu")).time() == time(5, 30)
    assert ConnectionTest.objects.count() == 1


def test_an_empty_service_token_keeps_the_stored_one_which_is_not_shown(
    browser: Client, sandbox: RunningSandbox, db: None
) -> None:
    browser.post("/integrations/connect/", TOKEN | {"service_token": "sandbox-service-1"})
    connection = Connection.objects.get()
    page = browser.get(f"/integrations/{connection.pk}/change/").text
    assert "Leave empty to keep the stored token" in page
    assert "sandbox-service-1" not in page
    change(browser, connection, mode="act")
    assert Credentials.objects.get().service_token == "sandbox-service-1"
    assert connection.has_service_token


def test_the_service_token_can_be_forgotten(browser: Client, sandbox: RunningSandbox, db: None) -> None:
    browser.post("/integrations/connect/", TOKEN | {"service_token": "sandbox-service-1"})
    connection = Connection.objects.get()
    both = change(browser, connection, forget_service_token="on", service_token="sandbox-service-1")
    assert "Enter a new token, or forget the old one, but not both" in both
    change(browser, connection, forget_service_token="on")
    assert Credentials.objects.get().service_token == ""
    assert not connection.has_service_token


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"workspace_gid": "12a"}, "digits only"),
        ({"workspace_gid": "12345"}, "does not see an organization or workspace with the GID 12345"),
        ({"workspace_gid": "498346170860"}, "pseudo-workspace"),
        ({"service_token": "sandbox-revoked"}, "does not accept the service-account token"),
        ({"service_token": "sandbox-service-2"}, "belongs to another organization"),
        ({"name": "tideway"}, "exists already"),
        ({"time_zone": "Mars/Olympus"}, "not one of the available choices"),
        ({"sync_at": "25:00"}, "valid time"),
        ({"mode": "rule"}, "not one of the available choices"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    browser: Client, connection: Connection, changes: dict[str, str], says: str
) -> None:
    browser.post("/integrations/connect/", TOKEN | {"name": "Tideway", "token": "sandbox-pat-2"})
    before = Connection.objects.filter(pk=connection.pk).values().get()
    assert says in change(browser, connection, **({"mode": "act"} | changes))
    assert Connection.objects.filter(pk=connection.pk).values().get() == before
    assert not any(c.service_token for c in Credentials.objects.all())


def test_asana_being_down_changes_nothing_that_asana_must_be_asked_about(
    browser: Client, connection: Connection, settings: Settings
) -> None:
    settings.USHER_ASANA_URL = NOBODY_THERE
    page = change(browser, connection, workspace_gid="12345", mode="act")
    assert "This machine cannot reach Asana" in page
    assert (connection.workspace_gid, connection.mode) == ("", "read")
    assert "The connection is changed" in change(browser, connection, mode="act", name="Acme Ltd")


def test_a_gid_cannot_be_checked_without_the_oauth_app_and_that_is_said(
    browser: Client, sandbox: RunningSandbox, https: None, settings: Settings
) -> None:
    connection = connect_by_oauth(browser)
    settings.USHER_ASANA_CLIENT_ID = ""
    assert "OAuth app is no longer set" in change(browser, connection, workspace_gid="12345")


def test_a_name_of_a_disconnected_account_is_free(browser: Client, connection: Connection) -> None:
    browser.post(f"/integrations/{connection.pk}/disconnect/", {"what": "keep"})
    browser.post("/integrations/connect/", TOKEN | {"token": "sandbox-pat-2"})
    assert Connection.objects.filter(name="Acme").count() == 2


def test_the_calendar_of_public_holidays_is_a_country_or_one_of_its_regions(
    browser: Client, connection: Connection
) -> None:
    address = f"/integrations/{connection.pk}/change/"
    assert '<option value="DE">Germany</option>' in browser.get(address).text
    change(browser, connection, country="DE", region="bayern")
    assert connection.holiday_calendar == "DE-BY"
    assert Entry.objects.latest("number").after["holiday_calendar"] == "DE-BY"
    shown = browser.get(address).text
    assert '<option value="DE" selected>Germany</option>' in shown
    assert 'value="BY"' in shown
    assert "DE-BY" in browser.get(f"/integrations/{connection.pk}/").text
    change(browser, connection)
    assert connection.holiday_calendar == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"country": "DE", "region": "Texas"}, "is no region whose holidays are known. Known are: BB, BE,"),
        ({"region": "BY"}, "A region needs its country."),
        ({"country": "Mars"}, "not one of the available choices"),
    ],
)
def test_a_calendar_that_does_not_exist_is_refused(
    browser: Client, connection: Connection, fields: dict[str, str], words: str
) -> None:
    answer = browser.post(f"/integrations/{connection.pk}/change/", {**AS_IT_IS, **fields})
    assert words in unescape(answer.text)
    connection.refresh_from_db()
    assert connection.holiday_calendar == ""


def test_that_members_have_to_use_sso_is_a_setting_that_is_recorded(
    browser: Client, connection: Connection
) -> None:
    assert not connection.requires_sso
    change(browser, connection, requires_sso="on")
    assert connection.requires_sso
    assert Entry.objects.latest("number").after["requires_sso"] is True
    assert "Members by single sign-on only" in browser.get(f"/integrations/{connection.pk}/").text
    change(browser, connection)
    assert not connection.requires_sso
