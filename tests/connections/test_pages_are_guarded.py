"""Every page needs a sign-in, every change a form of our own, and what is not there is a 404."""

import threading

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from usher.access.models import User
from usher.connections.connecting import store
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import CannotConnect, ConnectionSettings
from usher.connections.models import Connection
from usher.connections.urls import urlpatterns
from usher.ledger.actors import SYSTEM
from usher.sandbox import RunningSandbox

NAMES = [str(pattern.name) for pattern in urlpatterns]
WITH_PK = [str(p.name) for p in urlpatterns if "pk" in p.pattern.converters and p.name != "code"]
POST_ONLY = {"sync", "answer"}


def path_of(name: str) -> str:
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    return reverse(f"connections:{name}", kwargs=dict.fromkeys(pattern.pattern.converters, 4_000_000))


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_a_stranger_is_sent_to_sign_in(client: Client, name: str) -> None:
    for answer in (client.get(path_of(name)), client.post(path_of(name))):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("name", NAMES)
def test_a_form_of_somebody_else_changes_nothing(user: User, name: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.post(path_of(name), {"what": "delete", "left": "yes"}).status_code == 403


@pytest.mark.parametrize("name", WITH_PK)
def test_what_is_not_there_is_a_404(browser: Client, name: str) -> None:
    answer = browser.post(path_of(name)) if name in POST_ONLY else browser.get(path_of(name))
    assert answer.status_code == 404


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_a_link_starts_nothing(browser: Client, name: str) -> None:
    assert browser.get(path_of(name)).status_code == 405


@pytest.mark.parametrize("name", ["sync", "answer", "test", "edit"])
def test_a_disconnected_account_is_neither_synced_nor_changed(
    browser: Client, connection: Connection, name: str
) -> None:
    browser.post(f"/integrations/{connection.pk}/disconnect/", {"what": "keep"})
    assert browser.post(reverse(f"connections:{name}", args=[connection.pk])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_connect_the_same_account_at_once_make_one_connection(
    transactional_db: None, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_asked = threading.Barrier(2)
    outcomes: list[str] = []
    spread_time = store.spread_time

    def meet(gid: str) -> object:
        both_have_asked.wait(timeout=10)  # neither has found the account stored
        return spread_time(gid)

    def connect_it(name: str) -> None:
        try:
            connect_with_token(ConnectionSettings(name), "sandbox-pat-1", SYSTEM)
        except CannotConnect as error:
            outcomes.append(str(error))
        else:
            outcomes.append("connected")
        finally:
            connections.close_all()

    monkeypatch.setattr(store, "spread_time", meet)
    threads = [threading.Thread(target=connect_it, args=[name]) for name in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == [
        "This account or name was connected a moment ago. Check the list of connections.",
        "connected",
    ]
    assert Connection.objects.count() == 1
