"""Service accounts act in their own name, as far and as long as an admin says, and are never taken for people."""

from datetime import timedelta
from itertools import combinations

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.support.access.service_accounts import Program, a_service_account, terms
from tests.support.removal.company import a_company
from usher.access.acting import actor_for
from usher.access.mails.sending import send_waiting_mails
from usher.access.models import ApiToken, ServiceAccount, SignInLink, User
from usher.access.permissions import FOR_SERVICE_ACCOUNTS, PERMISSION_FOR, TokenPermission
from usher.access.roles import FOR_PEOPLE_ONLY, Action, NotAllowed, UserRole
from usher.access.scope.change import CannotChange
from usher.access.service_accounts.accounts import (
    ServiceAccountRefused,
    add_service_account,
    change_service_account,
    make_service_token,
    switch_service_account,
)
from usher.access.tokens.api_tokens import find_token, tell_of_ends
from usher.access.users.accounts import make_sign_in_link
from usher.assistants.caller import by_token_text
from usher.cli import main
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.notify.audience import receivers
from usher.notify.models import Notice
from usher.platform.scope import Scope, seen_with

pytestmark = pytest.mark.django_db(transaction=True)


def an_admin(email: str = "root@example.com", **fields: object) -> User:
    return User.objects.create_user(email, email, "correct horse battery", role=UserRole.ADMIN, **fields)


def test_a_program_acts_as_the_service_account_and_the_ledger_names_it_and_its_token() -> None:
    a_company("Acme")
    program = Program(a_service_account(["read", "open_cases"]))
    assert program.get("/connections")[0] == 200
    status, stopped = program.post("/removals/stop", reason="Too many leavers")
    assert status == 200, stopped
    entry = Entry.objects.filter(action="removals.stopped").get()
    assert (entry.actor_kind, entry.actor_name) == ("service", "ticket-system: Production")
    assert entry.actor_user_id == ServiceAccount.objects.get().pk


def test_it_may_what_it_was_given_and_never_what_people_decide() -> None:
    for number in range(1, len(FOR_SERVICE_ACCOUNTS) + 1):
        for given in combinations(FOR_SERVICE_ACCOUNTS, number):
            service = a_service_account(given, name="-".join(given))
            token = find_token(Program(service).token)
            assert token is not None
            allowed = {action for action in Action if token.user.may(action)}
            assert allowed == {
                action
                for action, permission in PERMISSION_FOR.items()
                if permission in given and action not in FOR_PEOPLE_ONLY
            }
            assert not any(service.account.may(action) for action in Action), "without a token, nothing"


def test_nobody_can_give_it_approval() -> None:
    with pytest.raises(ServiceAccountRefused, match="person decides"):
        a_service_account([TokenPermission.READ, TokenPermission.APPROVE])
    service = a_service_account()
    with pytest.raises(IntegrityError, match="service_accounts_never_approve"), transaction.atomic():
        ServiceAccount.objects.filter(pk=service.pk).update(permissions=["approve"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/removals/resume", {}),
        ("PATCH", "/guardrails", {"approval": False}),
        ("POST", "/cases/1/approve", {}),
    ],
)
def test_what_a_person_decides_is_refused_with_the_reason(
    method: str, path: str, body: dict[str, object]
) -> None:
    status, refusal = Program(a_service_account()).post(path, method, **body)
    assert (status, refusal["message"]) == (
        403,
        "A service account may not do this: a person decides it.",
    ), refusal
    assert not Entry.objects.filter(actor_kind="service").exists()


def test_what_it_was_not_given_is_refused_and_says_who_can_change_that() -> None:
    status, refusal = Program(a_service_account(["read"])).post("/removals/stop")
    assert (status, refusal["remedy"]) == (403, "An admin can let the service account do it.")


class TestSigningIn:
    """There is no way in but the API."""

    def test_no_password_and_no_address_can_be_set(self) -> None:
        account = a_service_account().account
        account.set_password("correct horse battery")
        with pytest.raises(IntegrityError, match="never_sign_in"), transaction.atomic():
            account.save()
        account.refresh_from_db()
        account.email = "svc@example.com"
        with pytest.raises(IntegrityError, match="never_sign_in"), transaction.atomic():
            account.save()

    def test_no_form_lets_it_in(self, client: Client) -> None:
        account = a_service_account().account
        for password in ("", "!", account.password):
            client.post("/sign-in/", {"login": account.username, "password": password})
            assert "_auth_user_id" not in client.session
            assert authenticate(HttpRequest(), username=account.username, password=password) is None

    def test_no_link_lets_it_in(self, client: Client) -> None:
        account = a_service_account().account
        with pytest.raises(KeyError):
            make_sign_in_link(account, SYSTEM)
        forged = SignInLink.issue(account, made_by=SYSTEM)
        assert client.post(f"/welcome/{forged}/").status_code in (403, 404, 410)
        assert client.get("/profile/").status_code == 302

    def test_no_session_is_its(self, client: Client) -> None:
        account = a_service_account().account
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get("/profile/")
        assert answer.status_code == 302
        assert isinstance(answer.wsgi_request.user, AnonymousUser)

    def test_no_command_acts_as_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        account = a_service_account().account
        with pytest.raises(SystemExit) as ended:
            main(["--as", account.username, "users", "list"])
        assert ended.value.code != 0
        assert "ticket-system" in capsys.readouterr().err


def test_an_assistant_speaks_for_it_as_for_an_operator() -> None:
    program = Program(a_service_account(["read", "administer"]))
    caller = by_token_text(program.token)
    assert (caller.actor.kind, caller.actor.role) == ("service", UserRole.OPERATOR)
    caller.require(Action.READ)
    with pytest.raises(NotAllowed):
        caller.require(Action.OPEN_CASES)


def test_it_is_in_no_list_of_people(client: Client) -> None:
    admin = an_admin()
    service = a_service_account()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    assert "ticket-system" not in client.get("/settings/users/").content.decode()
    assert client.get(f"/settings/users/{service.pk}/").status_code == 404
    notice = Notice(kind="removals_stopped", not_to=[], connection=None)
    assert {user.pk for user, _ in receivers(notice)} == {admin.pk}


class TestItsEnd:
    def test_from_its_end_on_no_token_works(self) -> None:
        service = a_service_account()
        program = Program(service)
        assert program.get("/connections")[0] == 200
        ServiceAccount.objects.filter(pk=service.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
        assert program.get("/connections")[0] == 401
        with pytest.raises(ServiceAccountRefused, match="has ended"):
            make_service_token(ServiceAccount.objects.get(), "Another", SYSTEM)

    def test_deactivating_revokes_its_tokens_for_good(self) -> None:
        service = a_service_account()
        program = Program(service)
        switch_service_account(service, SYSTEM, on=False)
        assert program.get("/connections")[0] == 401
        switch_service_account(service, SYSTEM, on=True)
        assert program.get("/connections")[0] == 401
        assert Program(ServiceAccount.objects.get()).get("/connections")[0] == 200

    def test_it_goes_on_when_whoever_made_its_token_has_left(self) -> None:
        admin = an_admin()
        program = Program(a_service_account(), admin)
        User.objects.filter(pk=admin.pk).update(is_active=False)
        assert program.get("/connections")[0] == 200

    @pytest.mark.parametrize("days", [-1, 3700])
    def test_an_end_that_cannot_be_is_refused(self, days: int) -> None:
        with pytest.raises(ServiceAccountRefused, match="end"):
            a_service_account(days=days)

    def test_its_contact_is_told_of_new_tokens_and_before_they_end(self, settings: Settings) -> None:
        settings.EMAIL_HOST, settings.USHER_MAIL_FROM = "mail.example.com", "usher@example.com"
        contact = an_admin("ann@example.com")
        program = Program(a_service_account(days=10, contact=contact), an_admin())
        assert tell_of_ends() == 1, "the account ends before the token"
        assert tell_of_ends() == 0
        User.objects.filter(pk=contact.pk).update(is_active=False)
        ApiToken.objects.update(owner_told_at=None)
        assert tell_of_ends() == 1
        send_waiting_mails()
        told = [(message.to, message.subject) for message in mail.outbox]
        assert told == [
            (["ann@example.com"], "A new token of a service account of Usher was created"),
            (["ann@example.com"], "A token of a service account of Usher ends soon"),
            (["root@example.com"], "A token of a service account of Usher ends soon"),
        ]
        assert all(program.token not in message.body for message in mail.outbox)


def test_less_counts_at_once_and_for_every_token() -> None:
    service = a_service_account()
    program = Program(service)
    assert program.post("/removals/stop")[0] == 200
    change_service_account(service, terms(["read"]), SYSTEM)
    assert program.post("/removals/stop")[0] == 403
    assert program.get("/connections")[0] == 200
    entry = Entry.objects.filter(action="access.service_account_changed").get()
    assert (entry.before["may"], entry.after["may"]) == (["administer", "open_cases", "read"], ["read"])


class TestConnections:
    def test_it_sees_those_that_it_was_given(self) -> None:
        acme, beta = a_company("Acme").connection, a_company("Beta").connection
        program = Program(a_service_account(connections=[beta.pk]))
        _, shown = program.get("/connections")
        assert [one["name"] for one in shown["items"]] == ["Beta"]  # type: ignore[index]
        assert program.get(f"/connections/{acme.pk}")[0] == 404
        assert program.post("/guardrails", "PATCH", approval=False)[0] == 403

    def test_a_limited_admin_neither_makes_nor_changes_one_that_sees_more(self) -> None:
        acme, beta = a_company("Acme").connection, a_company("Beta").connection
        wide, other = a_service_account(), a_service_account(name="Of Beta", connections=[beta.pk])
        limited = actor_for(an_admin("lea@example.com", scope=[acme.pk]), "page")
        with seen_with(Scope.of([acme.pk], limited.user_id)):
            with pytest.raises(CannotChange):
                add_service_account("Mine", terms(), limited)
            for service in (wide, other):
                with pytest.raises((CannotChange, User.DoesNotExist)):
                    switch_service_account(service, limited, on=False)
                with pytest.raises((CannotChange, User.DoesNotExist)):
                    make_service_token(service, "Mine", limited)
            mine = add_service_account("Mine", terms(connections=[acme.pk]), limited)
            assert make_service_token(mine, "Mine", limited).startswith(ApiToken.PREFIX)
            assert not ServiceAccount.objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize("name", ["", "  ", "日本"])
def test_a_name_that_cannot_stand_in_the_ledger_is_refused(name: str) -> None:
    with pytest.raises(ServiceAccountRefused, match="letters or digits"):
        a_service_account(name=name)


def test_two_never_have_one_name_however_they_are_spelt() -> None:
    a_service_account(name="Ticket system")
    with pytest.raises(ServiceAccountRefused, match="already"):
        a_service_account(name="TICKET-System ")
