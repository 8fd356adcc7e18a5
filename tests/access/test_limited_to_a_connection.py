"""Somebody limited to one connection finds nothing of another: on no page, in no export, by no operation of the API.

The other company is the furnished one, with something on every page; the person's own, Beta, is small.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from tests.support.activity.lived_usage import ago, use, watch
from tests.support.activity.written_events import an_event, write
from tests.support.activity.written_events import user as an_actor
from tests.support.e2e.furnished import addresses, furnish
from tests.support.insights.reconciled import import_rows, row_of, row_of_nobody
from tests.support.removal.leaving import REQUESTER
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import ApiToken, SignInLink, User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.activity.models import EvidenceSource, UnmatchedMember
from usher.config.api import api
from usher.connections.models import Connection, SyncRun
from usher.contracts.models import Contract
from usher.directory.employees.store import EmployeeRecord, store
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import DomainAlias, Employee, Import, Match, Protected, ScimRefusal, Source
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry, MissingHead
from usher.notify.models import Delivery
from usher.policy.models import Policy
from usher.removal.cases import opening, transitions
from usher.removal.cases.opening import CaseRequest
from usher.removal.models import Case, LicencePause
from usher.roster.models import Person, SeatPrice, Workspace
from usher.roster.seat_prices.change import set_price
from usher.sandbox import RunningSandbox
from usher.streams.models import StreamDestination

COMPARED = (
    "/",
    "/?period=month",
    "/people/",
    "/people/?columns=connection&columns=usage",
    "/people/export.csv",
    "/leavers/",
    "/leavers/?show=all",
    "/leavers/export.csv",
    "/cases/?queue=all",
    "/cases/export.csv",
    "/pauses/?show=all",
    "/pauses/export.csv?show=all",
    "/audit-log/",
    "/directory/",
    "/directory/matches/",
    "/directory/possible-leavers/",
    "/directory/employees/without-seat/",
    "/directory/groups/left/",
    "/integrations/",
    "/savings/",
    "/savings/calendar/",
    "/settings/prices/",
    "/settings/protected/",
    "/console/",
    "/reconciliation/",
    "/reconciliation/people/",
    "/reconciliation/people/export.csv",
)
"""Must show the same as in an installation that has only Beta."""


class TwoCompanies:
    def __init__(self, admin: User) -> None:
        furnish(admin)
        for number, other in enumerate(Connection.objects.exclude(name="Acme")):
            Connection.objects.filter(pk=other.pk).update(name=f"Foreign company {number}")
        for number, source in enumerate(Source.objects.all()):
            Source.objects.filter(pk=source.pk).update(name=f"Foreign list {number}")
        for connection in Connection.objects.filter(contracts=None):
            set_price(connection, Decimal("71.23"), "CHF", SYSTEM)
        # The address of a calendar or of a question is the key to it, whoever reads it.
        keys = ("/savings/feed/", "/rules/answer/")
        self.addresses = [one for one in addresses(admin) if not one.startswith(keys)]
        self.foreign = {word for word in self._foreign() if len(word) > 4}
        self.foreign_cases = list(Case.objects.values_list("pk", flat=True))
        self.beta = self._beta()
        self.person = User.objects.create_user(
            "limited@beta.example",
            "limited@beta.example",
            name="Lim",
            role=UserRole.ADMIN,
            scope=[self.beta.pk],
        )

    def state(self) -> list[object]:
        """What a request for something of another company might have changed."""
        kept = [
            ("state",),
            ("state",),
            ("state",),
            ("name", "disconnected_at"),
            ("role", "is_active", "scope"),
        ]
        rows = zip((Import, Match, Case, Connection, User), kept, strict=True)
        others = [Employee.objects.count(), ApiToken.objects.count(), SignInLink.objects.count()]
        return [
            list(model.objects.order_by("pk").values_list("pk", *names)) for model, names in rows
        ] + others

    def _foreign(self) -> Iterator[str]:
        for person in Person.objects.all():
            yield from (person.gid, person.email, person.name)
        for workspace in Workspace.objects.all():
            yield from (workspace.gid, workspace.name)
        for connection in Connection.objects.all():
            yield from (connection.name, connection.asana_user_gid, connection.asana_user_name)
        for employee in Employee.objects.all():
            yield from (employee.email, employee.name)
        yield from Source.objects.values_list("name", flat=True)
        yield from Import.objects.values_list("file_name", flat=True)
        for member in UnmatchedMember.objects.all():
            yield from (member.name, member.email)
        yield from Contract.objects.values_list("name", flat=True)
        yield from ("71.23", "example.net", "*.bot@*")

    def _beta(self) -> Connection:
        beta = a_connection("Beta", mode="act", last_synced_at=timezone.now())
        workspace = a_workspace(beta, "Beta Works", "beta.example", last_walked_at=timezone.now())
        watch(workspace, EvidenceSource.AUDIT, 100)
        members = [
            a_member(workspace, f"Beta Person{letter}", f"{letter.lower()}@beta.example")
            for letter in "ABCDEF"
        ]
        use(members[0], ago(days=1), active_days=3, minutes=50)
        yesterday = timezone.localdate() - timedelta(days=1)
        nobody = row_of_nobody("Beta Nobody", "nobody@beta.example", yesterday)
        import_rows(beta, yesterday, [*(row_of(member, yesterday) for member in members[:3]), nobody])
        write(workspace, an_event(actor=an_actor(members[0].person.gid, members[0].person.name)))
        set_price(beta, Decimal(5), "EUR", SYSTEM)
        source = Source.objects.create(name="Beta list", kind="api", connections=[beta.pk])
        now = timezone.now()
        for member in members[:4]:
            record = EmployeeRecord(email=member.person.email, name=member.person.name)
            store(source, record, now - timedelta(days=2))
        left = EmployeeRecord(email=members[1].person.email, name=members[1].person.name, is_active=False)
        store(source, left, now)
        bring_up_to_date()
        case = opening.open_case(members[1].person, CaseRequest(reason="Left"), REQUESTER)
        transitions.request_approval(case, REQUESTER)
        return beta


def body_of(answer: HttpResponseBase) -> str:
    content = b"".join(answer) if answer.streaming else getattr(answer, "content", b"")
    return content.decode()  # type: ignore[union-attr]


def found_in(text: str, foreign: set[str]) -> list[str]:
    """As whole words: a short name may be a part of another word."""
    return sorted(word for word in foreign if word and re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", text))


def as_compared(text: str) -> str:
    """Without what differs with each request."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken[^}]*', "", text)
    text = re.sub(r"<time[^>]*>[^<]*</time>", "<time></time>", text)  # "just now" becomes "1 minute ago"
    return re.sub(r"title=\"[^\"]*\"", "", text)


@pytest.mark.django_db(transaction=True)
def test_nothing_of_another_connection_is_found_anywhere(sandbox: RunningSandbox, user: User) -> None:
    two = TwoCompanies(user)

    browser = Client(raise_request_exception=False)
    browser.force_login(two.person, backend="django.contrib.auth.backends.ModelBackend")
    wrong: list[str] = []

    before = two.state()
    for address in two.addresses:
        answer = browser.get(address)
        wrong += [f"{address}: {word}" for word in found_in(body_of(answer), two.foreign)]
        if answer.status_code >= 500:
            wrong.append(f"{address}: {answer.status_code}")
        of_another = re.search(r"/\d+/", address) and "/settings/users/" not in address
        if of_another and answer.status_code == 200:
            wrong.append(f"{address}: shown")
        if of_another and answer.status_code == 405:
            body = body_of(browser.post(address, follow=True))
            wrong += [f"POST {address}: {word}" for word in found_in(body, two.foreign)]
    if two.state() != before:
        wrong.append("something was changed")

    MissingHead.objects.update(settled_at=timezone.now())  # until an admin has looked, no token works
    token = make_token(two.person, "All", SYSTEM)
    wrong += list(wrong_in_api(two, token))

    wrong += [address for address in COMPARED if browser.get(address).status_code != 200]
    User.objects.filter(pk=two.person.pk).update(
        role=UserRole.APPROVER
    )  # whose buttons the limit does not change
    shown = {address: as_compared(body_of(browser.get(address))) for address in COMPARED}
    assert "Beta PersonA" in shown["/people/"] and "Beta PersonB" in shown["/leavers/"]
    assert "Beta Nobody" in shown["/reconciliation/people/"]
    alone(two)
    for address, text in shown.items():
        expected = as_compared(body_of(browser.get(address)))
        if text != expected:
            wrong.append(f"{address}: {first_difference(text, expected)}")
    assert not wrong, "\n".join(wrong)


OUT_OF_REACH = (403, 404)
"""403: what concerns the whole installation, whatever the number."""


def foreign_number(path: str, two: TwoCompanies, acme: Connection) -> int:
    """Of a thing of the other company, of the kind that the address is about."""
    kind = path.removeprefix("/api/v1/").partition("/")[0]
    of_acme: dict[str, QuerySet[Any]] = {
        "connections": Connection.objects.filter(pk=acme.pk),
        "runs": SyncRun.objects.filter(connection=acme),
        "workspaces": Workspace.objects.filter(connection=acme),
        "people": Person.objects.filter(connection=acme),
        "employees": Employee.objects.exclude(source__name="Beta list"),
        "ledger": Entry.objects.filter(connection_id=acme.pk),
        "protected": Protected.objects.exclude(person=None),
        "contracts": Contract.objects.filter(connection=acme),
        "rules": Policy.objects.filter(connection=acme),
        "matches": Match.objects.filter(person__connection=acme),
        "sources": Source.objects.exclude(name="Beta list"),
        "imports": Import.objects.exclude(source__name="Beta list"),
        "domain-aliases": DomainAlias.objects.all(),
        "pauses": LicencePause.objects.filter(connection=acme),
        "streams": StreamDestination.objects.all(),
        "notices": Delivery.objects.all(),
    }
    if kind not in of_acme:
        return two.foreign_cases[0]
    found = of_acme[kind].order_by("pk").values_list("pk", flat=True).first()
    return found if found is not None else 2**40


def body_for(operation: Any, schemas: Any, asked: dict[str, object]) -> dict[str, object]:
    """What the operation takes: the example of its description, with what is asked for in place of it."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return {}
    known = schemas[content["schema"]["$ref"].rpartition("/")[2]]["properties"]
    return {**content["example"], **{name: value for name, value in asked.items() if name in known}}


def wrong_in_api(two: TwoCompanies, token: str) -> Iterator[str]:
    caller = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})
    acme = Connection.objects.get(name="Acme")
    person = Person.objects.filter(connection=acme).first()
    assert person
    asked: dict[str, object] = {"connection": "Acme", "person": person.gid, "note": "", "reason": ""}
    asked |= {
        "to": "off",
        "definition": {"name": "X", "who": {"idle_for": 90}},
        "are_right": True,
    }  # of rules
    asked |= {"people": [person.pk], "why": "x", "choices": []}  # of cases, remarks and notices
    of_stream = {"kind": "lines", "name": "X", "address": "https://a.example", "since": "2026-01-01"}
    description = api.get_openapi_schema()
    for path, methods in description["paths"].items():
        if path.startswith("/api/v1/directory"):
            continue  # with the token of a source, which reaches that source alone
        for method, operation in methods.items():
            number = foreign_number(path, two, acme)
            address = path.format(number=number, run=1, purchase=1, question=1, remark=1)
            wanted = asked | (of_stream if path.startswith("/api/v1/streams") else {})
            body = body_for(operation, description["components"]["schemas"], wanted)
            options = {} if method == "get" else {"data": body, "content_type": "application/json"}
            answer = getattr(caller, method)(address, **options)
            text = body_of(answer)
            # The sentence that refuses repeats the name that was asked for.
            yield from (f"{method} {path}: {word}" for word in found_in(text, two.foreign - {"Acme"}))
            if "{number}" in path and answer.status_code not in OUT_OF_REACH:
                yield f"{method} {path}: {answer.status_code}"
            if path.endswith("/cases") and method == "post" and answer.status_code != 404:
                yield f"{method} {path}: {answer.status_code}"
    listed = caller.get("/api/v1/cases").json()
    if listed["total"] != 1 or len(listed["cases"]) != 1:
        yield f"/api/v1/cases: {listed['total']}"
    if caller.get("/api/v1/leavers?connection=Acme").status_code != 404:
        yield "/api/v1/leavers: found"


def alone(two: TwoCompanies) -> None:
    """Deletes everything else, and the limit."""
    Case.objects.exclude(connection=two.beta).delete()
    SeatPrice.objects.exclude(connection=two.beta).delete()
    for connection in Connection.objects.exclude(pk=two.beta.pk):
        connection.delete()
    Source.objects.exclude(name="Beta list").delete()
    for model in (DomainAlias, Protected, ScimRefusal):
        model.objects.all().delete()
    ApiToken.objects.all().delete()
    User.objects.filter(pk=two.person.pk).update(scope=None)


def first_difference(text: str, expected: str) -> str:
    lines = zip(text.splitlines(), expected.splitlines(), strict=False)
    return next(
        (f"{one.strip()[:150]!r} instead of {other.strip()[:150]!r}" for one, other in lines if one != other),
        "length",
    )
