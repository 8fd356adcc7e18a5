"""Who guesses is slowed down; whom the account belongs to is not locked out by others."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.access.conftest import PASSWORD
from tests.access.test_commands_by_role import usher
from usher.access.mails.sending import send_waiting_mails
from usher.access.models import AttemptCount, KnownDevice, SignInLink, TrailEntry, User
from usher.access.roles import UserRole
from usher.access.throttle.attempts import EVERYWHERE, ONE_ACCOUNT, ONE_ADDRESS, ONE_PLACE, WRONG_TOKENS
from usher.access.throttle.counting import Counter, count_attempt
from usher.access.throttle.unlocking import delete_old_counts
from usher.access.tokens.api_tokens import make_token
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.platform.proxies import trusted_proxies

HOME, ATTACKER = "192.0.2.1", "198.51.100.7"


def attempt(
    client: Client, password: str = "wrong", e_mail: str = "ada@example.com", address: str = HOME
) -> int:
    answer = client.post("/sign-in/", {"username": e_mail, "password": password}, REMOTE_ADDR=address)
    return answer.status_code


def count_to(limit_count: int, counter: Counter) -> None:
    """As many attempts as the limit takes, made by somebody else."""
    AttemptCount.objects.update_or_create(
        key=counter.key,
        defaults={"limit": counter.limit.name, "count": limit_count, "since": timezone.now()},
    )


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(ada: User, client: Client) -> None:
    assert [attempt(client) for _ in range(6)] == [200] * 5 + [429]
    answer = client.post("/sign-in/", {"username": "ada@example.com", "password": PASSWORD}, REMOTE_ADDR=HOME)
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.text
    assert 890 <= int(answer["Retry-After"]) <= 901
    assert client.get("/profile/").status_code == 302


def test_after_a_quarter_of_an_hour_the_right_password_is_taken(ada: User, client: Client) -> None:
    for _ in range(9):
        attempt(client)
    AttemptCount.objects.update(since=timezone.now() - ONE_PLACE.window)
    assert attempt(client, PASSWORD) == 302


def test_other_spellings_of_the_address_give_no_further_attempts(ada: User, client: Client) -> None:
    for spelling in (
        "ada@example.com",
        "ADA@example.com",
        " aDa@example.com ",
        "ａda@example.com",
        "ada@example.com.",
    ):
        assert attempt(client, e_mail=spelling) == 200
    assert attempt(client) == 429


def test_others_can_still_sign_in_from_elsewhere(ada: User, client: Client) -> None:
    for _ in range(6):
        attempt(client, address=ATTACKER)
    assert attempt(client, PASSWORD, address=HOME) == 302


def test_the_right_password_starts_the_count_anew(ada: User, client: Client) -> None:
    for _ in range(2):
        assert [attempt(client) for _ in range(4)] == [200] * 4
        assert attempt(client, PASSWORD) == 302
        client.logout()


def test_people_who_sign_in_all_day_from_one_address_are_never_slowed(ada: User) -> None:
    for _ in range(ONE_ADDRESS.attempts + 2):
        assert attempt(Client(), PASSWORD) == 302


def test_whoever_guesses_from_many_addresses_is_slowed_for_the_account(ada: User, client: Client) -> None:
    count_to(ONE_ACCOUNT.attempts, Counter(ONE_ACCOUNT, ("ada@example.com",), ada.pk))
    assert attempt(client, PASSWORD, address="203.0.113.200") == 429


def test_nobody_outside_locks_an_admin_out_of_a_browser_that_signed_in_before(ada: User) -> None:
    hers = Client()
    attempt(hers, PASSWORD)
    hers.post("/sign-out/")
    count_to(ONE_ACCOUNT.attempts + 9, Counter(ONE_ACCOUNT, ("ada@example.com",), ada.pk))
    count_to(EVERYWHERE.attempts + 9, Counter(EVERYWHERE, ()))
    assert attempt(Client(), PASSWORD, address="203.0.113.1") == 429, "the attack is on"
    assert attempt(hers, PASSWORD, address="203.0.113.2") == 302, "her browser, in a new place"
    assert attempt(Client(), PASSWORD, address=HOME) == 302, "a new browser, at home"


def test_even_an_attacker_behind_the_same_address_does_not(ada: User) -> None:
    """As without trusted proxies, where everybody has the proxy's address."""
    hers = Client()
    attempt(hers, PASSWORD)
    hers.post("/sign-out/")
    for _ in range(9):
        last = attempt(Client(), address=HOME)
    assert last == 429
    assert attempt(hers, PASSWORD) == 302


def test_a_stolen_device_gets_five_guesses_too(ada: User) -> None:
    hers = Client()
    attempt(hers, PASSWORD)
    hers.post("/sign-out/")
    assert [attempt(hers) for _ in range(6)] == [200] * 5 + [429]


def test_the_cookie_of_a_device_helps_with_no_other_account(ada: User) -> None:
    User.objects.create_user("eve@example.com", "eve@example.com", PASSWORD)
    eves = Client()
    attempt(eves, PASSWORD, "eve@example.com", address=ATTACKER)
    eves.post("/sign-out/")
    count_to(ONE_ACCOUNT.attempts, Counter(ONE_ACCOUNT, ("ada@example.com",), ada.pk))
    assert attempt(eves, PASSWORD, address=ATTACKER) == 429


@pytest.mark.parametrize("forged", ["", "x", "ä\x7f", "0" * 5000])
def test_a_forged_cookie_helps_nobody(ada: User, forged: str) -> None:
    client = Client()
    client.cookies["usher-device"] = forged
    count_to(ONE_ACCOUNT.attempts, Counter(ONE_ACCOUNT, ("ada@example.com",), ada.pk))
    assert attempt(client, PASSWORD) == 429


def test_spraying_over_many_accounts_is_slowed(ada: User, client: Client) -> None:
    answers = [attempt(client, e_mail=f"u{n}@example.com", address=ATTACKER) for n in range(32)]
    assert answers == [200] * ONE_ADDRESS.attempts + [429] * 2
    assert attempt(client, e_mail="other@example.com", address="198.51.100.8") == 200


def test_spraying_from_many_addresses_is_slowed_over_the_whole_installation(
    ada: User, client: Client
) -> None:
    count_to(EVERYWHERE.attempts, Counter(EVERYWHERE, ()))
    assert attempt(client, e_mail="new@example.com", address="203.0.113.9") == 429


def test_addresses_of_one_ipv6_network_count_as_one(ada: User, client: Client) -> None:
    for n in range(5):
        attempt(client, address=f"2001:db8:0:1::{n}")
    assert attempt(client, address="2001:db8:0:1:ffff::1") == 429
    assert attempt(client, address="2001:db8:0:2::1") == 200


def test_an_invented_forwarded_address_gives_no_further_attempts(
    ada: User, client: Client, settings: Settings
) -> None:
    settings.USHER_TRUSTED_PROXIES = trusted_proxies("10.0.0.1")
    for n in range(6):
        answer = client.post(
            "/sign-in/",
            {"username": "ada@example.com", "password": "wrong"},
            REMOTE_ADDR="10.0.0.1",
            HTTP_X_FORWARDED_FOR=f"203.0.113.{n}, {ATTACKER}",
        )
    assert answer.status_code == 429
    assert set(TrailEntry.objects.values_list("address", flat=True)) == {ATTACKER}


def test_too_many_attempts_are_noted_once_a_minute_and_no_typed_name_is_stored(
    ada: User, client: Client
) -> None:
    for _ in range(9):
        attempt(client, e_mail="my secret password")
    kinds = list(TrailEntry.objects.values_list("kind", flat=True))
    assert sorted(kinds) == ["sign_in_failed"] * 5 + ["slowed_down"]
    assert "secret" not in str([*TrailEntry.objects.values(), *AttemptCount.objects.values()])


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_moment_do_not_slip_through_together() -> None:
    allowed = []

    def guess() -> None:
        allowed.append(count_attempt(Counter(ONE_PLACE, ("x",))) is None)
        connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == ONE_PLACE.attempts


def test_a_stolen_session_does_not_find_out_the_old_password(ada: User, client: Client) -> None:
    client.force_login(ada)
    new = {"new_password1": "battery staple horse", "new_password2": "battery staple horse"}
    answers = [client.post("/profile/password/", {"old_password": "guess", **new}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]


def test_wrong_api_tokens_are_slowed_and_the_right_one_never_is(ada: User, client: Client) -> None:
    token = make_token(ada, "export", SYSTEM)
    wrong = {"headers": {"authorization": "Bearer usher_guess"}}
    answers = [client.get("/api/v1/cases", **wrong) for _ in range(WRONG_TOKENS.attempts + 1)]  # type: ignore[arg-type]
    assert [answer.status_code for answer in answers] == [401] * WRONG_TOKENS.attempts + [429]
    assert answers[-1].json()["message"] == "Too many attempts."
    assert "Retry-After" in answers[-1]
    assert client.get("/api/v1/cases", headers={"authorization": f"Bearer {token}"}).status_code == 200
    assert set(TrailEntry.objects.values_list("kind", flat=True)) == {"token_refused", "slowed_down"}


@pytest.mark.parametrize(
    ("path", "first"),
    [("/scim/v2/Users", 401), ("/api/v1/directory/employees", 401), ("/welcome/guess/", 410)],
)
def test_guesses_of_other_tokens_and_links_are_slowed_too(
    ada: User, client: Client, path: str, first: int
) -> None:
    count_to(WRONG_TOKENS.attempts - 1, Counter(WRONG_TOKENS, ("127.0.0.1",)))
    wrong = {"authorization": "Bearer guess"}
    assert client.get(path, headers=wrong).status_code == first
    assert client.get(path, headers=wrong).status_code == 429
    link = f"/welcome/{SignInLink.issue(ada)}/"
    assert client.get(link).status_code == 200, "a right link is taken all the same"


class TestUnlocking:
    @pytest.fixture(autouse=True)
    def _locked(self, ada: User) -> Iterator[None]:
        for _ in range(6):
            attempt(Client(), address=ATTACKER)
        yield

    @pytest.fixture
    def admin(self, db: None) -> Client:
        client = Client()
        boss = User.objects.create_user("boss@example.com", "boss@example.com", role=UserRole.ADMIN)
        client.force_login(boss)
        return client

    def test_an_admin_sees_who_waits_and_unlocks_them(self, admin: Client) -> None:
        page = admin.get("/settings/users/waiting/").text
        assert "ada@example.com" in page
        assert ATTACKER in page
        key = AttemptCount.objects.get(limit="place").key
        admin.post("/settings/users/waiting/release/", {"key": key})
        assert attempt(Client(), PASSWORD, address=ATTACKER) == 302
        assert "Nobody has to wait" in admin.get("/settings/users/waiting/").text
        assert Entry.objects.get(action="access.unlocked").subject.endswith("ada@example.com")

    def test_a_viewer_unlocks_nobody(self, ada: User, client: Client) -> None:
        client.force_login(ada)
        assert client.post("/settings/users/waiting/release/", {"key": "x"}).status_code == 403

    @pytest.mark.parametrize("whom", [["ada@example.com"], ["--address", ATTACKER]])
    def test_so_does_the_command_line(self, whom: list[str]) -> None:
        assert "can try again" in usher("users", "unlock", *whom).output
        assert attempt(Client(), PASSWORD, address=ATTACKER) == 302

    def test_what_no_limit_looks_at_any_more_is_deleted(self) -> None:
        AttemptCount.objects.update(since=timezone.now() - timedelta(hours=3))
        delete_old_counts()
        assert not AttemptCount.objects.exists()


class TestNewPlaces:
    @pytest.fixture(autouse=True)
    def _mail(self, settings: Settings) -> None:
        settings.EMAIL_HOST = "mail.example.com"

    def subjects(self) -> list[str]:
        mail.outbox.clear()
        send_waiting_mails()
        return [each.subject for each in mail.outbox]

    def test_a_sign_in_from_a_new_place_is_told(self, ada: User) -> None:
        hers = Client()
        attempt(hers, PASSWORD)
        assert self.subjects() == [], "the first of a new account"
        attempt(hers, PASSWORD, address="203.0.113.1")
        attempt(Client(), PASSWORD)
        assert self.subjects() == [], "her browser elsewhere, another browser at home"
        attempt(Client(), PASSWORD, address=ATTACKER)
        assert self.subjects() == ["A new sign-in to Usher"]
        assert ATTACKER in str(mail.outbox[0].body)

    def test_an_old_account_is_told_of_its_first_place_too(self, ada: User) -> None:
        User.objects.update(date_joined=timezone.now() - timedelta(days=2))
        attempt(Client(), PASSWORD)
        assert self.subjects() == ["A new sign-in to Usher"]

    def test_no_secret_of_the_device_is_stored(self, ada: User) -> None:
        hers = Client()
        attempt(hers, PASSWORD)
        cookie = hers.cookies["usher-device"]
        assert cookie["httponly"]
        assert cookie.value not in str(list(KnownDevice.objects.values()))


def test_a_clock_that_ran_ahead_keeps_nobody_waiting_until_it_is_reached(ada: User, client: Client) -> None:
    assert [attempt(client) for _ in range(6)] == [200] * 5 + [429]
    AttemptCount.objects.update(since=timezone.now() + timedelta(days=400))
    assert attempt(client, PASSWORD) == 429, "what was counted still counts"
    assert AttemptCount.objects.get(limit=ONE_PLACE.name).since <= timezone.now()
    AttemptCount.objects.update(since=timezone.now() - ONE_PLACE.window)
    assert attempt(client, PASSWORD) == 302
