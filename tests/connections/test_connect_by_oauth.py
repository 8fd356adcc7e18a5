"""Connect by Asana's consent page: by redirect, and by a copied code."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.connections.conftest import (
    NOBODY_THERE,
    OAUTH,
    begin,
    connect_by_oauth,
    copied_code,
    decide,
    gid_of,
    nothing_is_left,
    way_back,
)
from usher.access.models import User
from usher.access.roles import UserRole
from usher.connections.models import ConnectAttempt, Connection, ConnectionTest, Credentials
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.usefixtures("db", "sandbox")


def test_consent_leads_to_a_connection_that_is_being_tested(browser: Client, https: None) -> None:
    connection = connect_by_oauth(browser)
    assert (connection.name, connection.mode, connection.authorization) == ("Acme", "read", "oauth")
    assert connection.asana_user_name == "Astrid Halvorsen"
    assert connection.next_sync_at is not None
    credentials = Credentials.objects.get(connection=connection)
    assert credentials.access_token.startswith("sandbox-access-")
    assert credentials.refresh_token.startswith("sandbox-refresh-")
    assert ConnectionTest.objects.filter(connection=connection).exists()
    assert not ConnectAttempt.objects.exists()


def test_what_was_filled_in_survives_the_way_through_asana(
    browser: Client, https: None, sandbox: RunningSandbox
) -> None:
    gid = gid_of(sandbox, "Halvorsen & Brook")
    connection = connect_by_oauth(browser, mode="act", workspace_gid=gid, service_token="sandbox-service-1")
    assert (connection.mode, connection.workspace_gid, connection.has_service_token) == ("act", gid, True)
    assert Credentials.objects.get().service_token == "sandbox-service-1"


def test_asana_is_asked_with_a_state_and_a_pkce_challenge_and_no_secret(browser: Client, https: None) -> None:
    asked = {name: value[0] for name, value in parse_qs(urlsplit(begin(browser)).query).items()}
    assert asked["scope"] == "default"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "https://usher.example/integrations/return/"
    attempt = ConnectAttempt.objects.get()
    assert len(asked["state"]) >= 32
    assert attempt.state_hash != asked["state"]
    secrets = (attempt.code_verifier, "sandbox-secret")
    assert not any(secret in value for secret in secrets for value in asked.values())
    assert not any(attempt.code_verifier in str(value) for value in browser.session.values())


def test_the_dialog_of_htmx_is_sent_to_asana_too(browser: Client, https: None) -> None:
    answer = browser.post("/integrations/connect/", OAUTH, headers={"HX-Request": "true"})
    assert "/-/oauth_authorize?" in answer["HX-Redirect"]


def test_a_refusal_on_asanas_page_is_said_and_can_be_tried_again(browser: Client, https: None) -> None:
    page = browser.get(way_back(begin(browser), "deny"), follow=True).text
    assert "Access was denied on Asana" in page
    assert "choose Allow" in page
    assert "Nothing was connected" in page
    assert nothing_is_left()
    connect_by_oauth(browser)


@pytest.mark.parametrize("query", ["code=x&state=forged", "code=x", "state=", "", "code=&state="])
def test_a_forged_way_back_connects_nothing(browser: Client, https: None, query: str) -> None:
    begin(browser)
    page = browser.get(f"/integrations/return/?{query}", follow=True).text
    assert "was not started here" in page
    assert not Connection.objects.exists()
    assert ConnectAttempt.objects.count() == 1  # the real one is still good


def test_nobody_puts_words_of_his_own_on_the_page_by_a_forged_refusal(browser: Client, https: None) -> None:
    begin(browser)
    forged = "/integrations/return/?error=access_denied&error_description=Call+0800+SCAM&state=forged"
    page = browser.get(forged, follow=True).text
    assert "0800" not in page
    assert "was not started here" in page


def test_a_way_back_that_was_used_is_of_no_more_use(browser: Client, https: None) -> None:
    back = way_back(begin(browser))
    browser.get(back)
    page = browser.get(back, follow=True).text
    assert "was used before" in page
    assert Connection.objects.count() == 1


def test_a_way_back_of_another_session_connects_nothing(browser: Client, https: None, client: Client) -> None:
    back = way_back(begin(browser))
    thief = Client()
    thief.force_login(
        User.objects.create_user("eve@example.com", "eve@example.com", name="Eve", role=UserRole.ADMIN)
    )
    assert "was not started here" in thief.get(back, follow=True).text
    assert not Connection.objects.exists()
    assert browser.get(back)["Location"].endswith("/test/")  # whose it is, it still serves


def test_a_way_back_that_took_too_long_connects_nothing_and_leaves_nothing(
    browser: Client, https: None
) -> None:
    back = way_back(begin(browser))
    ConnectAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    assert "is too old" in browser.get(back, follow=True).text
    assert nothing_is_left()
    connect_by_oauth(browser)


def test_a_gid_of_another_account_is_refused_after_consent_and_the_grant_is_revoked(
    browser: Client, https: None, sandbox: RunningSandbox
) -> None:
    gid = gid_of(sandbox, "Tideway Instruments")
    page = browser.get(way_back(begin(browser, workspace_gid=gid)), follow=True).text
    assert f"does not see an organization or workspace with the GID {gid}" in page
    assert nothing_is_left()
    assert len(sandbox.sandbox.oauth._revoked_grants) == 1


def test_the_same_account_twice_is_refused_and_the_first_goes_on_working(
    browser: Client, https: None, sandbox: RunningSandbox
) -> None:
    first = connect_by_oauth(browser)
    page = browser.get(way_back(begin(browser, name="Once more")), follow=True).text
    assert "Astrid Halvorsen is already connected, as “Acme”" in page
    assert list(Connection.objects.values_list("name", flat=True)) == ["Acme"]
    assert not sandbox.sandbox.oauth._revoked_grants
    assert Credentials.objects.get().connection == first


def test_an_account_that_needs_attention_is_not_taken_over_by_a_second_connect(
    browser: Client, https: None
) -> None:
    connect_by_oauth(browser).set_problem("asking", "Did they leave?", "Answer.")
    page = browser.get(way_back(begin(browser, name="Once more")), follow=True).text
    assert "is already connected" in page
    assert Connection.objects.get().name == "Acme"


@pytest.mark.parametrize("kind", ["status=503", "broken-json", "reset"])
def test_asana_failing_after_consent_leaves_nothing_and_can_be_tried_again(
    browser: Client, https: None, sandbox: RunningSandbox, kind: str
) -> None:
    back = way_back(begin(browser))
    sandbox.post_faults(share=1, kinds=[kind])
    page = browser.get(back, follow=True).text
    assert "Asana" in page
    assert "Nothing was connected" in page
    assert nothing_is_left()
    assert sandbox.sandbox.oauth._revoked_grants  # what consent gave is given back
    sandbox.post_faults(share=0)
    connect_by_oauth(browser)


def test_asana_being_down_when_the_code_is_traded_leaves_nothing(
    browser: Client, https: None, settings: Settings, sandbox: RunningSandbox
) -> None:
    back = way_back(begin(browser))
    settings.USHER_ASANA_URL = NOBODY_THERE
    page = browser.get(back, follow=True).text
    assert "This machine cannot reach Asana" in page
    assert nothing_is_left()
    settings.USHER_ASANA_URL = sandbox.url
    connect_by_oauth(browser)


def test_a_wrong_client_secret_says_where_to_compare_it(
    browser: Client, https: None, settings: Settings
) -> None:
    settings.USHER_ASANA_CLIENT_SECRET = "wrong"
    page = browser.get(way_back(begin(browser)), follow=True).text
    assert "client ID" in page
    assert nothing_is_left()


def test_a_refused_service_token_is_said_before_anyone_is_sent_to_asana(browser: Client, https: None) -> None:
    page = browser.post("/integrations/connect/", OAUTH | {"service_token": "sandbox-revoked"}).text
    assert "Asana does not accept the service-account token" in page
    assert "sandbox-revoked" not in page
    assert nothing_is_left()


def test_a_service_token_of_another_organization_is_refused_after_consent(
    browser: Client, https: None
) -> None:
    page = browser.get(way_back(begin(browser, service_token="sandbox-service-2")), follow=True).text
    assert "belongs to another organization" in page
    assert nothing_is_left()


def test_a_name_that_is_taken_is_said_before_anyone_is_sent_to_asana(browser: Client, https: None) -> None:
    connect_by_oauth(browser)
    page = browser.post("/integrations/connect/", OAUTH | {"name": "ACME"}).text
    assert "A connection with the name “ACME” exists already" in page
    assert not ConnectAttempt.objects.exists()


# By a copied code, where Usher has no https address.


def consent_page_of(browser: Client, code_page: str) -> str:
    context = browser.get(code_page).context
    return str(context["consent_page"])


def test_a_copied_code_connects(browser: Client, no_https: None) -> None:
    code_page = begin(browser)
    answer = browser.post(code_page, {"code": f" {copied_code(consent_page_of(browser, code_page))} "})
    assert answer["Location"].endswith("/test/")
    assert Connection.objects.get().authorization == "oauth"
    assert not ConnectAttempt.objects.exists()
    assert not any(key.startswith("consent-") for key in dict(browser.session))


def test_the_dialog_says_that_a_code_will_be_copied(browser: Client, no_https: None) -> None:
    assert "Asana shows a code" in browser.get("/integrations/connect/").text


def test_a_wrong_code_is_said_and_can_be_tried_again(browser: Client, no_https: None) -> None:
    page = browser.post(begin(browser), {"code": "nonsense"}, follow=True).text
    assert "Asana does not accept the code" in page
    assert "Start Connect again" in page
    assert nothing_is_left()
    code_page = begin(browser)
    browser.post(code_page, {"code": copied_code(consent_page_of(browser, code_page))})
    assert Connection.objects.count() == 1


def test_a_code_used_twice_connects_once(browser: Client, no_https: None) -> None:
    code_page = begin(browser)
    code = copied_code(consent_page_of(browser, code_page))
    browser.post(code_page, {"code": code})
    again = browser.post(code_page, {"code": code}, follow=True).text
    assert "This attempt to connect has expired" in again
    other = browser.post(begin(browser, name="Other"), {"code": code}, follow=True).text
    assert "Asana does not accept the code" in other
    assert Connection.objects.count() == 1


def test_a_code_of_another_attempt_is_refused_by_pkce(browser: Client, no_https: None) -> None:
    first, second = begin(browser), begin(browser, name="Other")
    code = copied_code(consent_page_of(browser, first))
    page = browser.post(second, {"code": code}, follow=True).text
    assert "code_verifier" in page
    assert not Connection.objects.exists()


def test_an_empty_code_asks_again_and_keeps_the_attempt(browser: Client, no_https: None) -> None:
    code_page = begin(browser)
    assert browser.post(code_page, {"code": " "}).status_code == 200
    assert ConnectAttempt.objects.count() == 1


def test_the_code_page_of_another_session_is_not_shown(browser: Client, no_https: None) -> None:
    code_page = begin(browser)
    stranger = Client()
    stranger.force_login(
        User.objects.create_user("eve@example.com", "eve@example.com", name="Eve", role=UserRole.ADMIN)
    )
    assert stranger.get(code_page)["Location"] == "/integrations/"
    assert stranger.post(code_page, {"code": "x"})["Location"] == "/integrations/"
    assert ConnectAttempt.objects.count() == 1


def test_a_code_pasted_too_late_is_refused(browser: Client, no_https: None) -> None:
    code_page = begin(browser)
    code = copied_code(consent_page_of(browser, code_page))
    ConnectAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    assert "is too old" in browser.post(code_page, {"code": code}, follow=True).text
    assert nothing_is_left()


def test_a_refusal_shows_no_code_to_copy(browser: Client, no_https: None) -> None:
    assert 'id="code"' not in decide(consent_page_of(browser, begin(browser)), "deny").text
