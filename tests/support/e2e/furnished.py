"""A database in which every page has something to show, and the addresses of all pages."""

import asyncio
import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model, QuerySet
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from msgspec.structs import replace

from tests.support.access.second_factors import give_app, give_passkey
from tests.support.activity.syncing import connect
from tests.support.contracts.agreed import a_contract, member_seats
from tests.support.removal.leaving import (
    APPROVER,
    REQUESTER,
    approved_case,
    may_act,
    no_waiting,
    ordinary_people,
    run_now,
)
from tests.support.roster.people import a_connection
from tests.support.roster.syncing import sync_now
from usher.access.models import AddressChange, ApiToken, IdentityProvider, ServiceAccount, SignInLink, User
from usher.access.roles import UserRole
from usher.access.sso.identity import VerifiedIdentity
from usher.access.sso.ties import tie
from usher.access.users.address_changes import issue_proof
from usher.activity.models import ActiveDay, ConsoleUpload
from usher.connections.models import ConnectAttempt, Connection, ConnectionTest, Mode, SyncRun
from usher.contracts.calendar.links import make_link
from usher.contracts.models import Contract, LicencePurchase
from usher.directory.employees.mass_leaving import refresh_source_questions
from usher.directory.employees.store import EmployeeRecord, store
from usher.directory.employment.status import EmploymentGroup
from usher.directory.models import (
    DomainAlias,
    Employee,
    Import,
    Match,
    Protected,
    Remark,
    ScimRefusal,
    Source,
    SourceQuestion,
)
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry, MissingHead
from usher.ledger.record import record
from usher.notify.kinds import KINDS
from usher.notify.models import Delivery, Destination, Notice
from usher.notify.sending.webhook import new_secret
from usher.notify.telling import tell, tell_address
from usher.policy.asking.ask import hash_of_token
from usher.policy.changes import act, make, watch
from usher.policy.models import Policy, PolicyRun, PolicyTrial, SeatQuestion
from usher.policy.running import run
from usher.policy.starting_points import STARTING_POINTS
from usher.policy.trial import perform_trial, request_trial
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.evidence.told import TOLD_BEFORE_LAST_DAY, subject_of_person
from usher.removal.execution.preview import preview
from usher.removal.models import Case, Guardrails, LicencePause
from usher.roster.models import Membership, Person
from usher.streams.models import StreamDestination


def _two_identity_providers(admin: User) -> None:
    """Neither answers: this port is closed on every machine."""
    nowhere = "http://127.0.0.1:9"
    acme = IdentityProvider.objects.create(
        slug="acme",
        protocol="oidc",
        name="Acme ID",
        issuer=nowhere,
        client_id="usher",
        domains=["example.com"],
    )
    IdentityProvider.objects.create(
        slug="corp", protocol="saml", name="Corp ID", metadata_url=nowhere, domains=["example.com"]
    )
    tie(acme, VerifiedIdentity(nowhere, "sub-1", admin.username, True, "", frozenset()), admin, SYSTEM)


NOT_PAGES = ("api", "assistants", "scim")
CHECKS = [
    {
        "key": outcome,
        "label": f"Check that {outcome}",
        "outcome": outcome,
        "detail": "What it found",
        "remedy": "",
    }
    for outcome in ("passed", "warned", "failed", "skipped")
]


def furnish(admin: User) -> Client:
    """Fills the database through the pages where they can do it. Returns a client signed in as `admin`."""
    browser = Client()
    browser.force_login(admin)
    _two_identity_providers(admin)
    acme = may_act(connect())
    sync_now(acme)
    ConnectionTest.objects.create(connection=acme, checks=CHECKS, finished_at=timezone.now())
    a_connection(
        "Reads only", mode=Mode.READ, problem="Asana refused the token (401).", problem_remedy="Reconnect."
    )
    a_connection("Gone", disconnected_at=timezone.now())
    asking = a_connection("Asks")
    SyncRun.objects.create(
        connection=asking, state=SyncRun.State.ASKING, error="A tenth of the people vanished."
    )
    browser.post(
        "/settings/users/add/", {"email": "olga@example.com", "name": "Olga", "role": UserRole.OPERATOR}
    )
    give_app(admin)
    give_passkey(admin)
    browser.post("/profile/second-factor/codes/make/")  # which shows them, to this browser
    browser.post("/profile/tokens/", {"name": "Reports", "permissions": ["read"], "days": "7"})
    _have_programs(browser, admin)
    Connection.objects.filter(pk=acme.pk).update(holiday_calendar="DE-BY")
    _agree(acme)
    _employ(browser, ordinary_people(acme, 14))
    _open_cases(ordinary_people(acme, 8))
    _have_paused(ordinary_people(acme, 14)[8:])
    _import_member_csv(browser, acme)
    _upload_member_csv(browser, acme)
    _make_rules(acme)
    _notice_a_restore()
    _tell_people(acme)
    _stream_events(acme)
    return browser


def _have_programs(browser: Client, admin: User) -> None:
    """Service accounts: one with a token, one that is deactivated."""
    terms = {
        "permissions": ["read"],
        "sees": "all",
        "ends_on": f"{timezone.localdate() + timedelta(days=300)}",
    }
    for name in ("Ticket system", "Old export"):
        given = {**terms, "name": name, "purpose": f"Of this test: {name}", "contact": admin.pk}
        browser.post("/settings/service-accounts/add/", given)
    tickets, old = (
        ServiceAccount.objects.get(account__username=name) for name in ("ticket-system", "old-export")
    )
    browser.post(f"/settings/service-accounts/{tickets.pk}/token/", {"name": "Production", "days": "7"})
    browser.post(f"/settings/service-accounts/{old.pk}/switch/", {"active": "no"})


def _agree(acme: Connection) -> None:
    """A contract for what is in Asana, and less of it than was bought before."""
    today = timezone.localdate()
    a_contract(
        acme,
        member_seats(80, "24.99", valid_from=today - timedelta(days=400)),
        member_seats(40, "24.99", valid_from=today - timedelta(days=100)),
        name="Acme's agreement",
        renews_on=today + timedelta(days=60),
    )


def _tell_people(acme: Connection) -> None:
    """A destination of each channel, none of which answers, and a delivery in each state."""
    nowhere = {
        "mail": {"target": "it@example.com"},
        "slack": {"target": "C0123456789", "secret": "xoxb-1"},
        "apprise": {"secret": "discord://1/2"},
        "webhook": {"target": "https://hooks.example.com/usher", "secret": new_secret()},
    }
    for channel, fields in nowhere.items():
        Destination.objects.create(name=f"By {channel}", channel=channel, kinds=["case_failed"], **fields)
    Destination.objects.filter(channel="webhook").update(connections=[acme.pk])
    Destination.objects.filter(channel="apprise").update(is_on=False, off_because="It answered 410.")
    tell("case_failed", "one", KINDS["case_failed"].example, connection=acme, path="/cases/")
    tell_address("ask_person", "one", "zoe@example.com", KINDS["ask_person"].example, connection=acme)
    notice = Notice.objects.get(kind="case_failed", key="one")
    for state in Delivery.State:
        problem = "The mail server does not take mail for this address." if state != "sent" else ""
        Delivery.objects.create(
            notice=notice, state=state, address=f"{state}@example.com", problem=problem, attempts=1
        )


def _stream_events(acme: Connection) -> None:
    """One of each kind, to nowhere: up to date, failing, sending again, off."""
    now = timezone.now()
    for kind in StreamDestination.Kind:
        StreamDestination.objects.create(
            kind=kind,
            name=f"Into {kind}",
            address=f"https://{kind}.example.com",
            secret="x",
            caught_up_at=now,
        )
    StreamDestination.objects.filter(kind="splunk").update(
        problem="splunk.example.com refused the token (403).",
        remedy="Check the token or key, and what it permits.",
        failures=3,
        failing_since=now - timedelta(hours=2),
        sent=12_345,
        contents="both",
    )
    StreamDestination.objects.filter(kind="elastic").update(
        connections=[acme.pk], again_from=now - timedelta(days=30), again_until=now
    )
    StreamDestination.objects.filter(kind="datadog").update(is_on=False, caught_up_at=None)


def _notice_a_restore() -> None:
    """Two entries of the ledger are missing, and nobody has looked yet."""
    now = timezone.now()
    missing = [
        {
            "number": 98,
            "at": now.isoformat(),
            "action": action,
            "subject": "7: Zoë",
            "actor": "bob@example.com",
        }
        for action in ("case.cancelled", "access.user_deactivated")
    ]
    MissingHead.objects.create(
        number=99,
        hash="9d0c" * 16,
        noted_at=now,
        machine="web-1",
        kept_number=97,
        kept_at=now,
        missing=missing,
    )
    MissingHead.objects.create(
        restored_by="root (command line)", backup_at=now, database_head=f"97:{'ab' * 32}"
    )
    Guardrails.objects.update(restored_at=now, stopped_at=now, stopped_by="Usher")


def _employ(browser: Client, people: list[Person]) -> None:
    """A directory by file and one by SCIM; leavers, somebody without a seat, and proposed matches."""
    today = timezone.localdate()
    rows = [["Employee ID", "Name", "Work email", "Department", "Last day"]]
    for number, person in enumerate(people[:12]):
        last_day = (
            today - timedelta(days=number) if number < 8 else today + timedelta(days=9) if number == 8 else ""
        )
        rows.append([f"E{number}", person.name, person.email, "Sales", str(last_day)])
    rows += [
        ["E90", people[12].name, "another.address@example.net", "Sales", ""],
        ["E91", "Nobody With A Seat", "nobody@example.net", "Sales", ""],
    ]
    browser.post("/directory/imports/upload/", {"name": "HR", "file": _file(rows)})
    held = Import.objects.get(state=Import.State.PREVIEW)
    browser.post(f"/directory/imports/{held.pk}/answers/", {"lists": "everybody"})
    browser.post(f"/directory/imports/{held.pk}/preview/")
    Employee.objects.filter(key="E91").update(is_listed=False, ended_at=timezone.now())
    # Held, with a question for people who are missing, and one for a row that cannot be read.
    few = [
        *rows[:9],
        ["E92", "Somebody New", "new@example.net", "Sales", ""],
        ["", "Nobody", "", "", str(today)],
    ]
    source = Source.objects.get(name="HR")
    browser.post("/directory/imports/upload/", {"source": source.pk, "file": _file(few)})
    browser.post("/directory/sources/add/", {"name": "Okta", "kind": "scim", "rank": 2})
    browser.post("/directory/aliases/", {"alias": "example.net", "domain": "example.org"})
    _switch_off_nearly_everybody(Source.objects.get(name="Okta"))


def _switch_off_nearly_everybody(okta: Source) -> None:
    """Which makes a question; and one request was refused."""
    now = timezone.now()
    for number in range(6):
        record = EmployeeRecord(email=f"okta{number}@example.net", name=f"Okta {number}")
        store(okta, record, now - timedelta(minutes=2))
        if number:
            store(okta, replace(record, is_active=False), now)
    refresh_source_questions(okta)
    ScimRefusal.objects.create(
        source=okta,
        method="POST",
        path="/Users",
        request='{"active": false}',
        status=400,
        reason="The request names nobody: it has no userName.",
        is_about_active=True,
        person_name="Okta 0",
    )


def _file(rows: list[list[str]]) -> SimpleUploadedFile:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return SimpleUploadedFile("people.csv", text.getvalue().encode(), "text/csv")


def _open_cases(people: list[Person]) -> None:
    """One in each state that a case can stay in, one with a remark, and two people who are protected."""
    no_waiting()
    doubt = [{"kind": "end_beside_active", "text": "The last day is past, and the status says active."}]
    Employee.objects.filter(matches__person=people[2]).update(row_remarks=doubt)
    wish = CaseRequest(cause=Case.Cause.DIRECTORY, reason="Left the company")
    # By hand, since a leaver's case waits for the last day; previewed, so that its page says what it broke.
    asyncio.run(preview(approved_case(people[0], CaseRequest(reason="Asked by their manager"))))
    run_now(people[0].connection)
    no_waiting(grace_minutes=60)
    approved_case(people[1], wish)
    for person in people[2:4]:
        transitions.request_approval(opening.open_case(person, wish, REQUESTER), REQUESTER)
    opening.open_case(people[4], wish, REQUESTER)
    record(
        SYSTEM,
        TOLD_BEFORE_LAST_DAY,
        subject_of_person(people[4].pk, people[4].name),
        after={"last_day": "2026-12-04", "things": ["Project “Budget 2027” (Acme): nobody else is in it"]},
        connection=people[4].connection_id,
    )
    rejected = transitions.request_approval(opening.open_case(people[5], wish, REQUESTER), REQUESTER)
    transitions.reject(rejected, APPROVER, note="They come back next week")
    failed = approved_case(people[6], wish)
    Case.objects.filter(pk=failed.pk).update(state="failed")
    Protected.objects.create(person=people[7], why=Protected.Why.INTEGRATION, note="Owns rules", by="Ada")
    Protected.objects.create(pattern="*.bot@*", why=Protected.Why.SERVICE_ACCOUNT, by="Ada")


def _have_paused(people: list[Person]) -> None:
    """On the list of licences to pause, one in each state."""
    now = timezone.now()
    ticked = {"ticked_at": now - timedelta(hours=30), "ticked_by": "olga@example.com"}
    paused = {"paused_at": now - timedelta(hours=20)}
    billed = {"billed_at": now - timedelta(hours=2), "ended_by_sign_in": True}
    off = {
        "taken_off_at": now,
        "taken_off_by": "ada@example.com",
        "taken_off_why": "They come back on Monday",
    }
    states = ({}, ticked, paused, ticked | paused, paused | billed, off)
    for person, state in zip(people, states, strict=False):
        membership = person.memberships.filter(status="active")[0]
        LicencePause.objects.create(
            connection=person.connection,
            membership=membership,
            why="On parental leave",
            put_by="olga@example.com",
            put_at=now - timedelta(days=3),
            **state,
        )


def _make_rules(acme: Connection) -> None:
    """One that acts and has run, one that stopped to ask, one that is being tried, one that was never tried."""
    guests, leavers, idle, unknown = (
        make(STARTING_POINTS[key], SYSTEM) for key in ("guests", "leavers", "idle", "unknown")
    )
    for policy in (guests, leavers):
        watch(policy, SYSTEM)
        tried = request_trial(policy)
        perform_trial(tried.pk)
        act(policy, SYSTEM, tried.pk)
        run(policy, acme)
    question = "It would find 40 people in Acme, where it usually finds 2."
    PolicyRun.objects.filter(policy=guests).update(
        note="Whether 2 people are out of office was not looked at: Asana does not show it to this connection."
    )
    Policy.objects.filter(pk=leavers.pk).update(state=Policy.State.ASKING, question=question)
    request_trial(idle)
    _ask_about_seats(guests, acme)
    failed = request_trial(unknown)
    PolicyTrial.objects.filter(pk=failed.pk).update(state=PolicyTrial.State.FAILED, problem="ValueError")


def _ask_about_seats(policy: Policy, acme: Connection) -> None:
    """A question in each state; the open one is to a manager."""
    for number, (person, state) in enumerate(
        zip(ordinary_people(acme, 14)[7:], SeatQuestion.State, strict=True)
    ):
        SeatQuestion.objects.create(
            policy=policy,
            connection=acme,
            person=person,
            name=person.name,
            address=person.email,
            is_to_manager=state == "asked",
            says="as far as Usher knows, you last used Asana on 12 August 2026.",
            state=state,
            token_hash=str(number),
            asked_at=timezone.now() - timedelta(days=2),
            answer_by=timezone.localdate() + timedelta(days=7),
            answered_at=timezone.now() if state == "kept" else None,
            why="Payroll, once a quarter" if state == "kept" else "",
            case=Case.objects.filter(state="done").first() if state == "released" else None,
        )


def _import_member_csv(browser: Client, acme: Connection) -> None:
    """Of yesterday, without some of the members, and with two people whom Usher does not know."""
    active = Membership.objects.filter(person__connection=acme, status="active").select_related("person")
    people = {each.person_id: each.person for each in active.order_by("person_id")}
    yesterday = timezone.localdate() - timedelta(days=1)
    rows = [["Name", "Email", "Joined date", "Last activity"]]
    for number, person in enumerate(list(people.values())[5:]):
        rows.append([person.name, person.email, "2025-03-04", str(yesterday - timedelta(days=number % 40))])
    rows += [
        ["Una Matched", "una.matched@example.net", "2025-03-04", "2025-03-05"],
        ["Uno Matched", "uno.matched@example.net", "2025-03-04", ""],
    ]
    browser.post("/console/", {"connection": acme.pk, "file": _file(rows), "exported_on": str(yesterday)})
    browser.post(f"/console/{ConsoleUpload.objects.get().pk}/")


def _upload_member_csv(browser: Client, acme: Connection) -> None:
    members = Membership.objects.filter(person__connection=acme, status="active").select_related("person")[:9]
    rows = [["Name", "Email", "Joined date", "Last activity"]]
    rows += [[each.person.name, each.person.email, "2025-03-04", "2026-11-02"] for each in members]
    browser.post(
        "/console/", {"connection": acme.pk, "file": _file([*rows, ["Ro", "ro@example.com", "", "Never"]])}
    )


def addresses(admin: User) -> Iterator[str]:
    """Of all views with a name, except those of the API and SCIM. A view with arguments must be in ARGUMENTS."""
    for name, takes_arguments in sorted(_named_views(get_resolver().url_patterns)):
        if takes_arguments:
            for arguments in ARGUMENTS[name](admin):
                yield reverse(name, kwargs=arguments)
        else:
            yield reverse(name)


def _named_views(patterns: list[Any], namespace: str = "") -> set[tuple[str, bool]]:
    found = set[tuple[str, bool]]()
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and not str(pattern.pattern).startswith(NOT_PAGES):
            inside = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= _named_views(pattern.url_patterns, inside)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.add((f"{namespace}{pattern.name}", bool(pattern.pattern.converters)))
    return found


Arguments = Callable[[User], list[dict[str, object]]]


def _each(rows: "type[Model] | QuerySet[Any]", name: str = "pk") -> Arguments:
    """A page for each row, read when the addresses are made."""

    def arguments(admin: User) -> list[dict[str, object]]:
        found = rows.all() if isinstance(rows, QuerySet) else rows._default_manager.all()
        return [{name: pk} for pk in found.values_list("pk", flat=True)]

    return arguments


def _first(rows: "type[Model] | QuerySet[Any]", name: str = "pk") -> Arguments:
    return lambda admin: _each(rows, name)(admin)[:1]


def _of_run(admin: User) -> list[dict[str, object]]:
    return [{"pk": run.connection_id, "run_pk": run.pk} for run in SyncRun.objects.all()]


def _of_seat_question(admin: User) -> list[dict[str, object]]:
    SeatQuestion.objects.filter(state="asked").update(token_hash=hash_of_token("open"))
    return [{"token": "open"}, {"token": "over"}]


def _of_policy_run(admin: User) -> list[dict[str, object]]:
    return [{"pk": run.policy_id, "run": run.pk} for run in PolicyRun.objects.all()]


def _of_test(admin: User) -> list[dict[str, object]]:
    return [{"pk": test.connection_id, "test_pk": test.pk} for test in ConnectionTest.objects.all()]


def _of_day(admin: User) -> list[dict[str, object]]:
    day = ActiveDay.objects.first()
    person = day and Person.objects.get(connection=day.connection_id, gid=day.user_gid)
    return [{"pk": person.pk, "day": str(day.day)}] if day and person else []


def _of_remark(admin: User) -> list[dict[str, object]]:
    return [{"pk": one.person_id, "number": one.pk} for one in Remark.objects.all()[:1]]


def _of_question(admin: User) -> list[dict[str, object]]:
    return [{"pk": one.source_id, "question": one.pk} for one in SourceQuestion.objects.all()]


def _of_link(admin: User) -> list[dict[str, object]]:
    return [{"token": SignInLink.issue(admin)}, {"token": "over"}]


def _of_address_change(admin: User) -> list[dict[str, object]]:
    change = AddressChange.objects.create(
        user=admin,
        new_address="another@example.com",
        expires_at=timezone.now() + AddressChange.LIFETIME,
    )
    return [{"token": issue_proof(change.pk)}, {"token": "over"}]


def _of_calendar(admin: User) -> list[dict[str, object]]:
    address = make_link(admin, SYSTEM)
    return [{"token": address.rsplit("/", 1)[1].removesuffix(".ics")}, {"token": "over"}]


CONNECTED = Connection.objects.filter(disconnected_at=None)
PEOPLE = Person.objects.filter(memberships__status="active", removal_cases__isnull=False).distinct()
HELD = Import.objects.filter(state=Import.State.PREVIEW)
APPLIED = Import.objects.filter(state=Import.State.APPLIED)


def _of_provider(*slugs: str) -> Arguments:
    return lambda admin: [{"slug": slug} for slug in slugs]


ARGUMENTS: dict[str, Arguments] = {
    "access:second_factor_remove": _each(Authenticator.objects.exclude(type="recovery_codes")),
    "access:second_factor_rename": _each(Authenticator.objects.filter(type="webauthn")),
    "access:end_session": _first(UserSession),
    "access:user_end_sessions": _first(User),
    "access:user_reset_factor": _first(User),
    "access:confirm_address": _of_address_change,
    "access:sso_add": lambda admin: [{"protocol": "oidc"}, {"protocol": "saml"}],
    "access:sso_delete": _of_provider("acme"),
    "access:sso_provider": _of_provider("acme", "corp"),
    "access:sso_test": _of_provider("acme"),
    "access:user_untie": _first(User),
    "access:prove_elsewhere": _of_provider("acme", "corp", "nobody"),
    "openid_connect_login": _of_provider("acme", "nobody"),
    "openid_connect_callback": _of_provider("acme"),
    "saml_login": _of_provider("corp", "nobody"),
    "saml_acs": _of_provider("corp"),
    "saml_finish_acs": _of_provider("corp"),
    "saml_metadata": _of_provider("nobody"),
    "access:revoke_any_token": _each(ApiToken),
    "access:revoke_token": _each(ApiToken),
    "access:service_account": _each(ServiceAccount),
    "access:service_account_change": _each(ServiceAccount),
    "access:service_account_switch": _each(ServiceAccount),
    "access:service_account_token": _each(ServiceAccount),
    "access:token": _each(ApiToken),
    "access:user": _each(User),
    "access:user_address": _first(User),
    "access:user_link": _first(User),
    "access:user_scope": _each(User),
    "access:user_switch": _first(User),
    "access:welcome": _of_link,
    "activity:day": _of_day,
    "activity:person": _first(PEOPLE),
    "connections:answer": _first(Connection),
    "connections:code": _each(ConnectAttempt),
    "connections:detail": _each(Connection),
    "connections:disconnect": _each(Connection),
    "connections:edit": _first(CONNECTED),
    "connections:health": _first(Connection),
    "connections:reconnect": _each(Connection.objects.exclude(disconnected_at=None)),
    "connections:row": _first(Connection),
    "connections:sync": _first(Connection),
    "connections:test": _each(CONNECTED),
    "connections:test_checks": _of_test,
    "console:discard": _first(ConsoleUpload),
    "console:preview": _each(ConsoleUpload),
    "contracts:add": _first(CONNECTED),
    "contracts:contract": _each(Contract),
    "contracts:costs": _each(Contract),
    "contracts:costs_csv": _first(Contract),
    "contracts:delete": _first(Contract),
    "contracts:edit": _first(Contract),
    "contracts:feed": _of_calendar,
    "contracts:purchase": _first(Contract),
    "contracts:purchase_remove": _first(LicencePurchase),
    "contracts:realised_csv": _first(Contract),
    "contracts:seats": _each(Contract),
    "contracts:seats_csv": _first(Contract),
    "directory:alias_remove": _first(DomainAlias),
    "directory:answer_question": _of_question,
    "directory:answers": _first(Import),
    "directory:by_hand": _first(Person),
    "directory:drop": _first(Import),
    "directory:employee": _first(Employee),
    "directory:group": lambda admin: [{"name": name} for name in EmploymentGroup.values],
    "directory:group_csv": lambda admin: [{"name": "left"}],
    "directory:import": _first(APPLIED),
    "directory:preview": _each(HELD),
    "directory:reading": _first(Import),
    "directory:source": _each(Source),
    "directory:token": _first(Source),
    "directory:undo": _first(Match),
    "policy:answer": _of_seat_question,
    "policy:change": _first(Policy),
    "policy:delete": _first(Policy),
    "policy:found_csv": _first(Policy),
    "policy:questions": _each(Policy.objects.filter(questions__isnull=False).distinct()),
    "policy:questions_csv": _first(Policy),
    "policy:rule": _each(Policy),
    "policy:run": _of_policy_run,
    "policy:run_csv": _of_policy_run,
    "policy:runs": _first(Policy),
    "policy:switch": _first(Policy),
    "policy:trial": _each(Policy),
    "policy:try": _first(Policy),
    "notify:delivery": _each(Delivery),
    "notify:delivery_again": _first(Delivery),
    "notify:delivery_discard": _first(Delivery),
    "notify:destination": _each(Destination),
    "notify:destination_add": lambda admin: [{"channel": channel} for channel in Destination.Channel.values],
    "notify:destination_delete": _first(Destination),
    "notify:destination_rotate": _first(Destination.objects.filter(channel="webhook")),
    "notify:destination_test": _first(Destination.objects.filter(channel="webhook")),
    "streams:add": lambda admin: [{"kind": kind} for kind in StreamDestination.Kind.values],
    "streams:again": _first(StreamDestination),
    "streams:delete": _first(StreamDestination),
    "streams:stream": _each(StreamDestination),
    "streams:test": _first(StreamDestination),
    "notify:text": lambda admin: [{"kind": kind} for kind in KINDS],
    "notify:text_mail": lambda admin: [{"kind": "case_failed"}],
    "ledger:entry": _first(Entry.objects.exclude(before=None), "number"),
    "removal:try_again": _first(Case),
    "removal:answer_remark": _of_remark,
    "removal:approve": _first(Case),
    "removal:request_approval": _first(Case),
    "removal:calls": _first(Case),
    "removal:cancel": _first(Case),
    "removal:case": _each(Case),
    "removal:change": _first(Case),
    "removal:evidence_html": _each(Case.objects.filter(state="done")),
    "removal:evidence_json": _first(Case),
    "removal:of_person": _first(PEOPLE),
    "removal:owns": _first(PEOPLE),
    "removal:preview": _first(Case),
    "removal:protected_remove": _each(Protected),
    "removal:reject": _first(Case),
    "removal:steps": _first(Case),
    "removal:take_off_pause": _each(LicencePause),
    "removal:undo": _first(Case),
    "person": _first(PEOPLE),
    "roster:run": _of_run,
}
