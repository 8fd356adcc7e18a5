"""The customer's own OAuth app: by environment, by settings page, or missing."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.connections.conftest import OAUTH, TOKEN, connect_by_oauth, nothing_is_left
from usher.connections.models import AsanaApp
from usher.connections.oauth_app import oauth_app

pytestmark = pytest.mark.usefixtures("db", "sandbox")
APP = "/integrations/app/"


def test_without_an_app_the_dialog_says_so_and_links_to_where_it_is_set(browser: Client) -> None:
    page = browser.get("/integrations/connect/").text
    assert f'<a href="{APP}">set up your own Asana OAuth app</a>' in page
    assert 'value="oauth"' not in page
    assert f'<a href="{APP}">set up your Asana OAuth app</a>' in browser.get("/integrations/").text


def test_without_an_app_oauth_is_refused_and_a_token_works(browser: Client) -> None:
    assert browser.post("/integrations/connect/", OAUTH).status_code == 200
    assert nothing_is_left()
    assert browser.post("/integrations/connect/", TOKEN).status_code == 302


def test_the_app_is_set_on_its_page_and_its_secret_never_shown_again(
    browser: Client, settings: Settings
) -> None:
    settings.USHER_BASE_URL = "https://usher.example"
    page = browser.post(
        APP, {"client_id": " sandbox-client ", "client_secret": " sandbox-secret "}, follow=True
    ).text
    assert "The OAuth app is set up" in page
    shown = browser.get(APP).text
    assert "An app is set" in shown
    assert "sandbox-secret" not in page + shown
    connect_by_oauth(browser)


def test_setting_it_again_replaces_it(browser: Client) -> None:
    for client_id in ("first", "second"):
        browser.post(APP, {"client_id": client_id, "client_secret": f"secret of {client_id}"})
    assert [(app.client_id, app.client_secret) for app in AsanaApp.objects.all()] == [
        ("second", "secret of second")
    ]


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_half_an_app_is_not_stored(browser: Client, missing: str) -> None:
    whole = {"client_id": "a", "client_secret": "b"}
    assert browser.post(APP, whole | {missing: ""}).status_code == 200
    assert not AsanaApp.objects.exists()


def test_the_environment_comes_first_and_the_page_cannot_change_it(browser: Client, app_is_set: None) -> None:
    assert "Set by the environment" in browser.get(APP).text
    browser.post(APP, {"client_id": "other", "client_secret": "other"})
    assert not AsanaApp.objects.exists()
    app = oauth_app()
    assert app is not None
    assert app.client_id == "sandbox-client"
    assert "sandbox-secret" not in repr(app) + browser.get(APP).text


def test_the_page_shows_the_redirect_url_to_register(browser: Client, settings: Settings) -> None:
    settings.USHER_BASE_URL = "https://usher.example"
    assert "https://usher.example/integrations/return/" in browser.get(APP).text


def test_without_https_the_page_shows_the_entry_for_copied_codes(browser: Client) -> None:
    page = browser.get(APP).text
    assert "urn:ietf:wg:oauth:2.0:oob" in page
    assert "redirects to https addresses only" in page
