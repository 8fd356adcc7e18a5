"""What people decide about matches, domains, sources and absent employees, by the REST API."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.directory.sources import a_source, an_employee
from tests.support.queries import assert_costs_the_same
from tests.support.rest import api_of, items
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.models import User
from usher.access.roles import UserRole
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import DomainAlias, Employee, Import, Match, Source, SourceQuestion
from usher.directory.tokens import make_token
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db

JSON = "application/json"


@pytest.fixture
def program() -> Client:
    return api_of(UserRole.OPERATOR)


@pytest.fixture
def by_admin() -> Client:
    return api_of(UserRole.ADMIN)


def send(program: Client, method: str, address: str, **body: object) -> Any:  # a test response
    return getattr(program, method)(f"/api/v1/{address}", body, content_type=JSON)


def fields(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.content
    return {each["field"]: each["message"] for each in answer.json()["errors"]}


@pytest.fixture
def acme(db: None) -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "acme.example")


@pytest.fixture
def proposals(acme: Workspace, hr: Source) -> list[Match]:
    """Ada's and Bo's, who have the same name and another address."""
    for name in ("Ada Lovelace", "Bo Chen"):
        first, last = name.lower().split()
        a_member(acme, name, f"{first}@elsewhere.example")
        an_employee(hr, f"{last}@acme.example", name)
    bring_up_to_date()
    return list(Match.objects.order_by("person__name"))


def test_a_proposal_is_confirmed_once_and_undone(program: Client, proposals: list[Match]) -> None:
    match = proposals[0]
    address = f"matches/{match.pk}"
    answer = send(program, "post", f"{address}/confirm")
    assert answer.status_code == 200, answer.content
    assert answer.json() == program.get(f"/api/v1/{address}").json()
    assert (answer.json()["state"], answer.json()["how"], answer.json()["counts"]) == (
        "matched",
        "hand",
        True,
    )
    again = send(program, "post", f"{address}/reject")
    assert (again.status_code, again.json()["type"]) == (409, "urn:usher:problem:already-decided")
    assert "operator@example.com: program has decided that they are the same" in again.json()["detail"]
    assert send(program, "post", f"{address}/undo").status_code == 204
    (found,) = items(program, "matches", person=match.person_id)
    assert found["state"] == "proposed"
    assert send(program, "post", f"matches/{found['id']}/undo").json()["type"].endswith(":nothing-to-undo")
    actions = Entry.objects.filter(connection_id=match.person.connection_id).order_by("number")
    assert [each.action for each in actions] == ["directory.matched", "directory.decision_undone"]
    assert {each.via for each in actions} == {"api"}


def test_what_is_rejected_is_not_proposed_again(program: Client, proposals: list[Match]) -> None:
    answer = send(program, "post", f"matches/{proposals[0].pk}/reject")
    assert (answer.status_code, answer.json()["state"]) == (200, "rejected")
    bring_up_to_date()
    assert [one["id"] for one in items(program, "matches", state="proposed")] == [proposals[1].pk]


def test_many_are_decided_at_once_without_those_decided_before(
    program: Client, proposals: list[Match]
) -> None:
    send(program, "post", f"matches/{proposals[0].pk}/reject")
    numbers = [each.pk for each in proposals]
    answer = send(program, "post", "matches/decide", answer="same", matches=[*numbers, 4_000_000])
    assert answer.json() == {"decided": 1}
    assert [each.state for each in Match.objects.order_by("pk")] == ["rejected", "matched"]
    assert send(program, "post", "matches/decide", answer="same", matches=[]).status_code == 422
    assert send(program, "post", "matches/decide", answer="maybe", matches=numbers).status_code == 422


def test_a_person_is_matched_by_hand_with_an_employee(
    program: Client, proposals: list[Match], hr: Source
) -> None:
    person, other = proposals[0].person, an_employee(hr, "countess@acme.example", "A. King")
    address = f"people/{person.pk}/match"
    answer = send(program, "post", address, employee=other.pk)
    assert (answer.json()["employee"], answer.json()["state"]) == (other.pk, "matched")
    send(program, "post", address, employee=proposals[0].employee_id)
    matched = items(program, "matches", person=person.pk, state="matched")
    assert [one["employee"] for one in matched] == [proposals[0].employee_id]
    assert send(program, "post", address, employee=4_000_000).status_code == 404
    assert send(program, "post", "people/4000000/match", employee=other.pk).status_code == 404


def test_matches_are_found_by_person_employee_and_source(program: Client, proposals: list[Match]) -> None:
    match = proposals[1]
    for name, value in (("person", match.person_id), ("employee", match.employee_id)):
        assert [one["id"] for one in items(program, "matches", **{name: value})] == [match.pk]
    assert len(items(program, "matches", source=match.employee.source_id)) == 2
    assert program.get("/api/v1/matches?person=x").status_code == 422


def test_domains_of_one_company_are_added_and_removed(by_admin: Client, acme: Workspace, hr: Source) -> None:
    a_member(acme, "Ada", "ada@acme.example")
    an_employee(hr, "ada@acme.test", "Ada L")
    answer = send(by_admin, "post", "domain-aliases", alias=" ACME.test ", domain="acme.example")
    assert answer.status_code == 201, answer.content
    added = answer.json()
    assert items(by_admin, "domain-aliases") == [added]
    assert (added["alias"], added["domain"]) == ("acme.test", "acme.example")
    assert [one["how"] for one in items(by_admin, "matches")] == ["alias"]
    assert by_admin.delete(f"/api/v1/domain-aliases/{added['id']}").status_code == 204
    assert items(by_admin, "matches", state="matched") == []
    assert by_admin.delete(f"/api/v1/domain-aliases/{added['id']}").status_code == 404
    actions = Entry.objects.filter(action__startswith="settings.domain").order_by("number")
    assert [each.action for each in actions] == [
        "settings.domain_alias_added",
        "settings.domain_alias_removed",
    ]


@pytest.mark.parametrize(
    ("alias", "domain", "field"),
    [
        ("acme", "acme.example", "alias"),
        ("acme.example", "gmail.com", "domain"),
        ("acme.example", "ACME.example", "alias"),
        ("known.example", "other.example", "alias"),
        ("xn--" + "a" * 60 + "-9g3b.example", "a\u0000.example", "domain"),
        ("ß" * 200 + ".example", "acme.example", "alias"),
    ],
)
def test_what_cannot_be_an_alias_is_refused_by_field(
    by_admin: Client, alias: str, domain: str, field: str
) -> None:
    DomainAlias.objects.create(alias="known.example", domain="acme.example")
    assert field in fields(send(by_admin, "post", "domain-aliases", alias=alias, domain=domain))
    assert DomainAlias.objects.count() == 1


def test_a_source_is_added_and_its_settings_are_changed_one_by_one(by_admin: Client, acme: Workspace) -> None:
    answer = send(
        by_admin, "post", "sources", name=" HR system ", kind="csv", connections=[acme.connection_id]
    )
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["name"], told["rank"], told["connections"]) == ("HR system", 1, [acme.connection_id])
    assert (told["absence"], told["lists_everyone"], told["newest_import"]) == ("ask", None, None)
    address = f"sources/{told['id']}"
    for change in (
        {"absence": "left"},
        {"lists_everyone": True},
        {"rank": 3, "name": "HR"},
        {"connections": None},
        {"lists_everyone": None},
    ):
        told |= change
        answer = send(by_admin, "patch", address, **change)
        assert answer.json() == told, answer.content
        send(by_admin, "patch", address, **change)
    assert Entry.objects.filter(action="settings.source_changed").count() == 5
    assert items(by_admin, "sources") == [told]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "okta"}, "name"),
        ({"name": None}, "name"),
        ({"absence": "left"}, "absence"),
        ({"lists_everyone": True}, "lists_everyone"),
        ({"connections": [4_000_000]}, "connections"),
        ({"rank": -1}, "rank"),
        ({"kind": "csv"}, "kind"),
    ],
)
def test_what_a_source_cannot_be_is_refused_by_field(
    by_admin: Client, body: dict[str, object], field: str
) -> None:
    a_source("Okta")
    source = a_source("HR system", kind="api")
    before = Source.objects.filter(pk=source.pk).values().get()
    assert field in fields(send(by_admin, "patch", f"sources/{source.pk}", **body))
    assert Source.objects.filter(pk=source.pk).values().get() == before


def test_a_name_is_taken_whatever_its_capitals(by_admin: Client, hr: Source) -> None:
    assert "already a source" in fields(send(by_admin, "post", "sources", name="hR", kind="scim"))["name"]


def test_the_token_of_a_source_is_never_told_and_can_be_revoked(by_admin: Client) -> None:
    source = a_source("Okta", kind="scim")
    token = make_token(source, SYSTEM)
    answer = by_admin.get(f"/api/v1/sources/{source.pk}")
    assert answer.json()["has_token"] is True
    assert token not in answer.text and source.token_hash not in answer.text
    for _ in range(2):
        assert by_admin.delete(f"/api/v1/sources/{source.pk}/token").status_code == 204
    assert by_admin.get(f"/api/v1/sources/{source.pk}").json()["has_token"] is False
    assert Entry.objects.filter(action="directory.token_revoked").count() == 1


def test_a_question_about_a_source_is_answered_once_and_says_why(program: Client) -> None:
    source = a_source("Okta", kind="scim")
    asked = SourceQuestion.objects.create(
        source=source, kind="many_off", since=timezone.now(), people=30, of=40
    )
    (open_one,) = items(program, f"sources/{source.pk}/questions")
    assert (open_one["people"], open_one["of"], open_one["answer"]) == (30, 40, None)
    address = f"sources/{source.pk}/questions/{asked.pk}/answer"
    assert "why" in fields(send(program, "post", address, answer="left", why=" "))
    other = a_source("HR")
    elsewhere = f"sources/{other.pk}/questions/{asked.pk}/answer"
    assert send(program, "post", elsewhere, answer="left", why="Closed").status_code == 404
    answer = send(program, "post", address, answer="left", why="The plant was closed")
    assert (answer.status_code, answer.json()["answer"]) == (200, "left")
    assert answer.json()["answered_by"] == "operator@example.com: program"
    assert send(program, "post", address, answer="mistake", why="No").status_code == 409
    assert Entry.objects.filter(action="directory.source_question_answered").count() == 1


def test_files_are_listed_with_what_they_changed_and_never_with_what_they_hold(
    program: Client, hr: Source
) -> None:
    Import.objects.create(source=hr, file_name="old.csv", by="ada", state="dropped")
    done = Import.objects.create(
        source=hr, file_name="november.csv", by="ada", state="applied", rows=40, left=2
    )
    held = Import.objects.create(new_source="Plant", file_name="plant.csv", by="ada", content="Email\nsecret")
    found = items(program, "imports")
    assert [(one["id"], one["source"], one["state"]) for one in found] == [
        (done.pk, "HR", "applied"),
        (held.pk, "Plant", "preview"),
    ]
    assert "content" not in found[0]
    assert [one["left"] for one in items(program, "imports", source=hr.pk)] == [2]
    assert program.get(f"/api/v1/imports/{done.pk}").json() == found[0]


@pytest.fixture
def missing(hr: Source) -> list[Employee]:
    for name in ("ada", "bo"):
        an_employee(hr, f"{name}@acme.example", name.title())
    Employee.objects.update(is_listed=False, ended_at=timezone.now())
    return list(Employee.objects.order_by("key"))


@pytest.mark.parametrize(("answer", "status"), [("left", "left"), ("here", "active")])
def test_whether_somebody_who_is_no_longer_listed_left_is_said_once(
    program: Client, missing: list[Employee], answer: str, status: str
) -> None:
    ada, bo = (each.pk for each in missing)
    assert [one["id"] for one in items(program, "no-longer-listed")] == [ada, bo]
    for count in (1, 0):
        told = send(program, "post", "no-longer-listed", answer=answer, employees=[ada, 4_000_000])
        assert told.json() == {"answered": count}
    assert [one["id"] for one in items(program, "no-longer-listed")] == [bo]
    assert Employee.objects.get(pk=ada).status_on(timezone.now().date()) == status
    assert Entry.objects.filter(action__startswith="directory.absence_").count() == 1


MATCHING = ("confirm", "reject", "undo")


@pytest.mark.parametrize("role", UserRole)
def test_each_role_may_what_it_may_on_the_pages(
    role: UserRole, proposals: list[Match], hr: Source, missing: list[Employee]
) -> None:
    program, match = api_of(role), proposals[0]
    alias = DomainAlias.objects.create(alias="a.example", domain="b.example")
    asked = SourceQuestion.objects.create(source=hr, kind="many_off", since=timezone.now(), people=3, of=4)
    of_operators = [
        *(send(program, "post", f"matches/{match.pk}/{verb}") for verb in MATCHING),
        send(program, "post", "matches/decide", answer="same", matches=[match.pk]),
        send(program, "post", f"people/{match.person_id}/match", employee=match.employee_id),
        send(program, "post", "no-longer-listed", answer="left", employees=[missing[0].pk]),
        send(program, "post", f"sources/{hr.pk}/questions/{asked.pk}/answer", answer="left", why="Yes"),
    ]
    of_admins = [
        send(program, "post", "domain-aliases", alias="c.example", domain="d.example"),
        program.delete(f"/api/v1/domain-aliases/{alias.pk}"),
        send(program, "post", "sources", name="Plant", kind="csv"),
        send(program, "patch", f"sources/{hr.pk}", rank=2),
        program.delete(f"/api/v1/sources/{hr.pk}/token"),
    ]
    assert {each.status_code == 403 for each in of_operators} == {role == UserRole.VIEWER}
    assert {each.status_code == 403 for each in of_admins} == {role != UserRole.ADMIN}
    for address in ("matches", "domain-aliases", "sources", "imports", "no-longer-listed"):
        items(program, address)


def test_whoever_is_limited_decides_on_their_own_people_alone(
    acme: Workspace, hr: Source, proposals: list[Match]
) -> None:
    beta = a_workspace(a_connection("Beta"), "Beta", "beta.example")
    Source.objects.update(connections=[acme.connection_id, beta.connection_id])
    own = a_member(beta, "Cy Young", "cy@elsewhere.example").person
    an_employee(hr, "young@acme.example", "Cy Young")
    bring_up_to_date()
    scoped = User.objects.create_user(
        "lim@example.com", "lim@example.com", role=UserRole.ADMIN, scope=[beta.connection_id]
    )
    program = api_of(user=scoped)
    (mine,) = items(program, "matches")
    assert mine["person"] == own.pk
    (source,) = items(program, "sources")
    assert source["connections"] == [beta.connection_id]
    everybody = list(Match.objects.values_list("pk", flat=True))
    answer = send(program, "post", "matches/decide", answer="same", matches=everybody)
    assert answer.json() == {"decided": 1}
    foreign = Person.objects.get(name="Ada Lovelace")
    assert send(program, "post", f"people/{foreign.pk}/match", employee=1).status_code == 404
    assert send(program, "patch", f"sources/{hr.pk}", rank=2).status_code == 403


@pytest.mark.parametrize("address", ["/api/v1/sources", "/api/v1/imports"])
def test_twenty_cost_as_many_queries_as_two(program: Client, address: str) -> None:
    def more(count: int) -> None:
        for _ in range(count):
            source = a_source(f"S{Source.objects.count()}")
            Import.objects.create(source=source, file_name="a.csv", by="ada", state="applied")

    assert_costs_the_same(program, address, more)
