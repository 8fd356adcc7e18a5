"""How long sessions last, and the page that lists and ends them."""

import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from tests.access.conftest import PASSWORD
from usher.access.models import SecurityPolicy, User
from usher.access.roles import UserRole
from usher.access.sessions.browsers import browser_in_words
from usher.access.sessions.limits import SIGNED_IN_AT
from usher.ledger.models import Entry

PAGE = "/profile/sessions/"
POLL = {"HX-Request": "true", "Usher-Poll": "yes"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def sign_in(user: User, agent: str = FIREFOX, address: str = "192.0.2.1") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    client.post("/sign-in/", {"username": user.username, "password": PASSWORD})
    assert is_signed_in(client)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def idle(minutes: float) -> None:
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(minutes=minutes))


def test_an_idle_session_ends_on_the_server(ada: User) -> None:
    client = sign_in(ada)
    idle(119)
    assert is_signed_in(client)
    idle(121)
    assert client.get("/profile/").headers["Location"].startswith("/sign-in/")
    assert not UserSession.objects.exists()
    assert not is_signed_in(client)


def test_use_keeps_a_session_alive(ada: User) -> None:
    client = sign_in(ada)
    idle(100)
    assert is_signed_in(client)
    assert timezone.now() - UserSession.objects.get().last_seen_at < timedelta(minutes=1)


def test_a_page_that_refreshes_itself_does_not(ada: User) -> None:
    client = sign_in(ada)
    idle(119)
    assert client.get("/profile/", headers=POLL).status_code == 200
    idle(121)
    answer = client.get(
        "/profile/", headers=POLL | {"HX-Current-URL": "http://testserver/profile/"}, follow=True
    )
    assert answer.headers["HX-Redirect"].startswith("/sign-in/")


def test_a_session_ends_however_much_it_is_used(ada: User) -> None:
    client = sign_in(ada)
    session = client.session
    session[SIGNED_IN_AT] = time.time() - 12 * 3600 - 1
    session.save()
    assert not is_signed_in(client)


def test_both_limits_are_set_and_apply_to_sessions_of_before(ada: User) -> None:
    client = sign_in(ada)
    SecurityPolicy.objects.create(pk=1, idle_minutes=5)
    idle(6)
    assert not is_signed_in(client)
    client = sign_in(ada)
    SecurityPolicy.objects.update(session_hours=1)
    session = client.session
    session[SIGNED_IN_AT] = time.time() - 3601
    session.save()
    assert not is_signed_in(client)


def test_a_new_key_of_the_session_does_not_make_it_younger(ada: User) -> None:
    client = sign_in(ada)
    UserSession.objects.update(created_at=timezone.now() - timedelta(hours=3))
    began = client.session[SIGNED_IN_AT]
    new = "a lamp on the long pier"
    client.post("/profile/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert is_signed_in(client)
    row = UserSession.objects.get()
    assert row.session_key == client.session.session_key
    assert timezone.now() - row.created_at > timedelta(hours=2)
    assert client.session[SIGNED_IN_AT] == began


def test_the_page_says_where_when_how_and_with_what(ada: User) -> None:
    client = sign_in(ada)
    sign_in(ada, "curl/8.0", "198.51.100.7")
    page = client.get(PAGE).text
    assert "Firefox on Linux" in page
    assert "192.0.2.1" in page
    assert "198.51.100.7" in page
    assert "by password" in page
    assert page.count("This session") == 1


def test_one_session_is_ended_from_another(ada: User) -> None:
    one, other = sign_in(ada), sign_in(ada)
    row = UserSession.objects.get(session_key=other.session.session_key)
    one.post(f"{PAGE}{row.pk}/end/")
    assert not is_signed_in(other)
    assert is_signed_in(one)


def test_all_others_are_ended_at_once(ada: User) -> None:
    here, *others = sign_in(ada), sign_in(ada), sign_in(ada)
    here.post(f"{PAGE}end-others/")
    assert [is_signed_in(other) for other in others] == [False, False]
    assert is_signed_in(here)


def test_ending_this_one_signs_out(ada: User) -> None:
    client = sign_in(ada)
    client.post(f"{PAGE}{UserSession.objects.get().pk}/end/")
    assert not is_signed_in(client)


def test_nobody_ends_a_session_of_another(ada: User) -> None:
    bea = User.objects.create_user("bea@example.com", "bea@example.com", PASSWORD)
    hers, client = sign_in(bea), sign_in(ada)
    row = UserSession.objects.get(user=bea)
    assert client.post(f"{PAGE}{row.pk}/end/").status_code == 404
    client.post(f"{PAGE}end-others/")
    assert is_signed_in(hers)


def test_an_admin_ends_all_sessions_of_a_user(ada: User) -> None:
    root = User.objects.create_user("root@example.com", "root@example.com", PASSWORD, role=UserRole.ADMIN)
    hers, admin = sign_in(ada), sign_in(root)
    assert hers.post(f"/settings/users/{root.pk}/sessions/end/").status_code == 403
    admin.post(f"/settings/users/{ada.pk}/sessions/end/")
    assert not is_signed_in(hers)
    assert is_signed_in(admin)
    assert Entry.objects.filter(action="access.sessions_ended").exists()


def test_sessions_that_ended_with_a_change_of_the_account_are_not_listed(ada: User) -> None:
    sign_in(ada)
    User.objects.update(session_generation=5)
    client = sign_in(ada)
    assert client.get(PAGE).text.count("/end/") == 1


def test_a_session_from_before_the_update_goes_on_and_is_limited_from_now(ada: User) -> None:
    client = sign_in(ada)
    UserSession.objects.all().delete()
    session = client.session
    del session[SIGNED_IN_AT]
    session.save()
    assert is_signed_in(client)
    assert client.session[SIGNED_IN_AT]


def test_a_strange_browser_behind_a_socket_is_listed_too(ada: User) -> None:
    client = sign_in(ada, "\x1b[31m<script>" + "x" * 500, "")
    page = client.get(PAGE).text
    assert "An unknown browser" in page
    assert "Address unknown" in page


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605", "Safari on macOS"),
        ("", "An unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_plain_words(agent: str, words: str) -> None:
    assert browser_in_words(agent) == words


def test_a_clock_that_ran_ahead_makes_no_session_last_longer(ada: User) -> None:
    client = sign_in(ada)
    idle(-24 * 60)
    assert is_signed_in(client)
    assert UserSession.objects.get().last_seen_at <= timezone.now(), "idle from now on, not from tomorrow"
    session = client.session
    session[SIGNED_IN_AT] = time.time() + 60
    session.save()
    assert is_signed_in(client), "two machines differ by a little"
    session[SIGNED_IN_AT] = time.time() + 3600
    session.save()
    assert not is_signed_in(client)
