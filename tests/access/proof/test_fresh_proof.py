"""Before something dangerous, users prove again who they are, if their last proof is too old."""

import re
import time

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.access.conftest import PASSWORD
from tests.access.test_pages_by_role import ALL
from usher.access.models import SecurityPolicy, User
from usher.access.proof.fresh import PROVED_AT, has_fresh_proof
from usher.access.roles import NEEDS_FRESH_PROOF, Action, UserRole

PROVE = "/prove/"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/users/"}


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_user("root@example.com", "root@example.com", PASSWORD, role=UserRole.ADMIN)


@pytest.fixture
def browser(admin: User) -> Client:
    browser = Client()
    browser.force_login(admin)
    return browser


def age(browser: Client, minutes: float) -> None:
    session = browser.session
    session[PROVED_AT] = time.time() - minutes * 60
    session.save()


CHANGES = sorted(route for route, view in ALL.items() if getattr(view, "needs", None))


def test_nothing_stands_between_anybody_and_the_stop_switch_and_looking_is_free() -> None:
    unasked = {Action.READ, Action.SYNC, Action.OPEN_CASES, Action.STOP_REMOVALS}
    assert unasked.isdisjoint(NEEDS_FRESH_PROOF)


def test_the_dangerous_actions_ask() -> None:
    dangerous = {Action.APPROVE, Action.RESTORE, Action.RESUME_REMOVALS}
    dangerous |= {Action.CONNECT, Action.SETTINGS, Action.USERS}
    assert dangerous <= NEEDS_FRESH_PROOF


@pytest.mark.parametrize("route", CHANGES)
def test_every_page_asks_before_a_dangerous_change_and_before_no_other(browser: Client, route: str) -> None:
    age(browser, 16)
    browser.raise_request_exception = False
    answer = browser.post("/" + route)
    asked = answer.headers.get("Location", "").startswith(PROVE)
    assert asked == (ALL[route].needs in NEEDS_FRESH_PROOF)
    age(browser, 14)
    assert not browser.post("/" + route).headers.get("Location", "").startswith(PROVE)


def test_who_may_not_do_it_anyway_is_refused_unasked(ada: User, client: Client) -> None:
    client.force_login(ada)
    age(client, 16)
    assert client.post("/settings/users/add/").status_code == 403


def test_signing_in_is_a_proof(admin: User, client: Client) -> None:
    client.post("/sign-in/", {"username": admin.username, "password": PASSWORD})
    assert client.get("/settings/users/add/").status_code == 200


def test_a_long_form_asks_before_it_is_filled_in(browser: Client) -> None:
    age(browser, 16)
    assert browser.get("/settings/users/")
    assert browser.get("/settings/users/").status_code == 200  # looking takes no proof
    answer = browser.get("/settings/users/add/")
    assert answer.headers["Location"] == f"{PROVE}?next=%2Fsettings%2Fusers%2Fadd%2F"
    back = browser.post(PROVE, {"password": PASSWORD, "next": "/settings/users/add/"})
    assert back.headers["Location"] == "/settings/users/add/"
    assert browser.get("/settings/users/add/").status_code == 200


def test_a_form_that_was_sent_is_kept_and_goes_on_with_one_click(browser: Client) -> None:
    age(browser, 16)
    given = {"email": "new@example.com", "name": "<N> & “w”", "role": "viewer"}
    answer = browser.post("/settings/users/add/", given)
    assert not User.objects.filter(username="new@example.com").exists()
    assert "new@example.com" not in str(dict(browser.session))  # it may be a secret
    assert browser.get("/prove/continue/").headers["Location"].startswith(PROVE)  # not before the proof
    browser.post(answer.headers["Location"], {"password": PASSWORD})
    page = browser.get("/prove/continue/")
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    fields["name"] = fields["name"].replace("&lt;N&gt; &amp;", "<N> &")
    assert {name: fields[name] for name in given} == given
    assert 'action="/settings/users/add/"' in page.text
    assert browser.post("/settings/users/add/", given).status_code == 200
    assert User.objects.get(username="new@example.com").name == given["name"]
    assert browser.get("/prove/continue/").headers["Location"] == "/"  # held no more


def test_a_kept_form_can_be_discarded_and_leads_back_to_its_page(browser: Client) -> None:
    age(browser, 16)
    page = "/settings/users/add/?a=b"
    browser.post(
        "/settings/users/add/", {"email": "n@example.com"}, headers={"Referer": f"http://testserver{page}"}
    )
    age(browser, 0)
    assert browser.post("/prove/continue/").headers["Location"] == page
    assert browser.get("/prove/continue/").headers["Location"] == "/"


def test_a_part_of_a_page_sends_the_whole_page_and_says_that_nothing_was_changed(browser: Client) -> None:
    age(browser, 16)
    answer = browser.post("/settings/users/add/", {"email": "n@example.com"}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"{PROVE}?next=%2Fsettings%2Fusers%2F&again=yes"
    browser.post(PROVE, {"password": PASSWORD, "next": "/settings/users/", "again": "yes"})
    assert "Nothing was changed yet" in browser.get("/settings/users/").text


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil"]
)
def test_the_way_back_never_leads_to_another_site(browser: Client, elsewhere: str) -> None:
    answer = browser.post(PROVE, {"password": PASSWORD, "next": elsewhere})
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_proves_nothing_and_many_are_slowed(browser: Client) -> None:
    age(browser, 16)
    answers = [browser.post(PROVE, {"password": "wrong", "next": "/"}) for _ in range(12)]
    assert all(answer.status_code in (403, 422, 429) for answer in answers)
    assert browser.get("/settings/users/add/").status_code == 302
    assert browser.post(PROVE, {"password": PASSWORD, "next": "/"}).status_code in (403, 422, 429)


def test_how_long_a_proof_lasts_is_set(browser: Client) -> None:
    SecurityPolicy.objects.create(pk=1, proof_minutes=60)
    age(browser, 16)
    assert browser.get("/settings/users/add/").status_code == 200


def test_a_proof_from_the_future_is_none(browser: Client) -> None:
    age(browser, -30)  # the clock went back
    assert browser.get("/settings/users/add/").status_code == 302


def test_a_program_with_a_token_is_not_asked() -> None:
    request: HttpRequest = RequestFactory().post("/")
    request.session = {}  # type: ignore[assignment]
    request.api_token = object()  # type: ignore[attr-defined]
    assert has_fresh_proof(request)


def test_who_has_neither_a_password_nor_a_second_factor_signs_in_anew(browser: Client, admin: User) -> None:
    admin.set_unusable_password()
    admin.save()
    browser.force_login(admin)
    age(browser, 16)
    page = browser.get(browser.get("/settings/users/add/").headers["Location"])
    assert "Sign out, then sign in again" in page.text
    browser.post(reverse("access:prove"), {"password": ""})
    assert browser.get("/settings/users/add/").status_code == 302
