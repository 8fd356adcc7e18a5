"""Connect by personal access token, and every bad input of the dialog."""

import time

import pytest
from django.test import Client
from pytest_django import Settings

from tests.connections.conftest import NOBODY_THERE, TOKEN, gid_of, nothing_is_left
from usher.connections import client as asana_client
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import Connection, Credentials
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.usefixtures("db", "sandbox")


def connect(browser: Client, **changes: str) -> str:
    """The page that follows."""
    return browser.post("/integrations/connect/", TOKEN | changes, follow=True).text


def test_a_personal_access_token_connects(browser: Client, sandbox: RunningSandbox) -> None:
    gid = gid_of(sandbox, "Halvorsen & Brook")
    page = connect(browser, token=" sandbox-pat-1\n", workspace_gid=f" {gid} ", mode="act")
    assert "Connected as Astrid Halvorsen" in page
    connection = Connection.objects.get()
    assert (connection.authorization, connection.mode, connection.workspace_gid) == ("token", "act", gid)
    assert Credentials.objects.get().access_token == "sandbox-pat-1"


@pytest.mark.parametrize("token", ["wrong", "sandbox-revoked"])
def test_a_token_that_asana_refuses_is_said_and_never_shown_again(browser: Client, token: str) -> None:
    page = connect(browser, token=token)
    assert "Asana does not accept the token" in page
    assert f'"{token}"' not in page
    assert nothing_is_left()
    assert "Connected as" in connect(browser)


@pytest.mark.parametrize("token", ["two words", "zwölf", "a\x7fb"])
def test_what_cannot_be_a_token_is_not_even_sent(
    browser: Client, token: str, sandbox: RunningSandbox
) -> None:
    page = connect(browser, token=token)
    assert "This is not an Asana token" in page
    assert token not in page
    assert nothing_is_left()
    assert not sandbox.stats()["requests"]


def test_no_token_asks_for_one(browser: Client) -> None:
    assert "Paste the token" in connect(browser, token="")
    assert nothing_is_left()


@pytest.mark.parametrize("gid", ["abc", "12 34", "-1", "１２", "1/../2", "1" * 33])
def test_a_gid_that_is_not_digits_is_refused(browser: Client, gid: str) -> None:
    page = connect(browser, workspace_gid=gid)
    assert "a GID has digits only" in page or "at most 32 characters" in page
    assert nothing_is_left()


def test_an_unknown_gid_is_refused_with_those_that_are_visible(
    browser: Client, sandbox: RunningSandbox
) -> None:
    page = connect(browser, workspace_gid="12345")
    assert "does not see an organization or workspace with the GID 12345" in page
    assert f"Side Projects ({gid_of(sandbox, 'Side Projects')})" in page
    assert "Personal Projects" not in page
    assert nothing_is_left()


def test_a_gid_of_another_account_is_refused(browser: Client, sandbox: RunningSandbox) -> None:
    gid = gid_of(sandbox, "Tideway Instruments")
    assert f"with the GID {gid}" in connect(browser, workspace_gid=gid)
    assert nothing_is_left()


def test_personal_projects_is_refused_for_what_it_is(browser: Client) -> None:
    assert "pseudo-workspace" in connect(browser, workspace_gid="498346170860")
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("sandbox-revoked", "does not accept the service-account token"),
        ("sandbox-service-2", "belongs to another organization"),
        ("two words", "This is not an Asana token"),
    ],
)
def test_a_service_token_that_does_not_fit_is_refused(browser: Client, token: str, says: str) -> None:
    page = connect(browser, service_token=token)
    assert says in page
    assert token not in page
    assert nothing_is_left()


def test_a_name_that_is_taken_is_refused_whatever_its_capitals(browser: Client) -> None:
    connect(browser)
    assert "exists already" in connect(browser, name="aCmE", token="sandbox-pat-2")
    assert Connection.objects.count() == 1


def test_the_same_account_twice_is_refused(browser: Client) -> None:
    connect(browser)
    assert "Astrid Halvorsen is already connected, as “Acme”" in connect(browser, name="Again")
    assert Connection.objects.count() == 1


def test_another_account_beside_the_first_is_welcome(browser: Client) -> None:
    connect(browser)
    assert "Connected as Noor van Dijk" in connect(browser, name="Tideway", token="sandbox-pat-2")
    assert Connection.objects.count() == Credentials.objects.count() == 2


def test_asana_being_down_is_said_soon_and_can_be_tried_again(
    browser: Client, settings: Settings, sandbox: RunningSandbox
) -> None:
    settings.USHER_ASANA_URL = NOBODY_THERE
    began = time.monotonic()
    page = connect(browser)
    assert time.monotonic() - began < 10
    assert "This machine cannot reach Asana" in page
    assert "Try again later" in page
    assert nothing_is_left()
    settings.USHER_ASANA_URL = sandbox.url
    assert "Connected as" in connect(browser)


def test_asana_being_slow_is_given_up_while_a_person_waits(
    browser: Client, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asana_client, "LONGEST_WAIT_SECONDS", 0.2)
    sandbox.post_faults(share=1, kinds=["latency"], latency=5)
    assert "Asana did not answer in time" in connect(browser)
    assert nothing_is_left()


def test_asana_asking_to_slow_down_for_long_is_said_instead_of_waited_for(
    browser: Client, sandbox: RunningSandbox
) -> None:
    sandbox.post_faults(share=1, kinds=["429"], retry_after=60)
    assert "Asana received too many requests" in connect(browser)
    assert nothing_is_left()


def test_secrets_are_not_in_the_repr_of_what_carries_them() -> None:
    assert "hush" not in repr(ConnectionSettings("Acme", service_token="hush"))
