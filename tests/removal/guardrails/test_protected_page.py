"""Who is never removed, as a page."""

import re

import pytest
from django.test import Client

from tests.support.queries import assert_costs_the_same
from tests.support.removal.accounts import signed_in
from tests.support.removal.company import a_company, people
from tests.support.removal.leaving import approved_case, leaves, ordinary_people, run_now
from usher.access.roles import UserRole
from usher.connections.models import Connection
from usher.directory.models import Protected
from usher.ledger.models import Entry
from usher.removal.guardrails.protected_list import people_matching
from usher.removal.guardrails.protection import why_protected
from usher.removal.models import Guardrails
from usher.roster.models import Membership, Person, Role, Status


def text(content: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode()))


def add(client: Client, **fields: str) -> tuple[int, str]:
    answer = client.post("/settings/protected/add/", {"why": "other", "note": "", **fields}, follow=True)
    return answer.status_code, text(answer.content)


@pytest.fixture
def admin(transactional_db: None) -> Client:
    return signed_in(UserRole.ADMIN)


def test_a_person_is_protected_and_the_page_says_why_by_whom(
    acme: Connection, guardrails: Guardrails, admin: Client
) -> None:
    (person,) = ordinary_people(acme, 1)
    status, shown = add(admin, person=str(person.pk), why="break_glass", note="In the safe")
    assert status == 200
    assert f"{person} is now protected." in shown
    assert "Break-glass admin" in shown
    assert "In the safe" in shown
    assert "admin@example.com" in shown
    assert why_protected(person) == "Break-glass admin: In the safe"
    entry = Entry.objects.get(action="settings.protected_added")
    assert (person.gid in entry.subject, entry.after["why"]) == (True, "break_glass")


def test_open_cases_of_who_becomes_protected_are_told_and_do_not_run(
    acme: Connection, guardrails: Guardrails, admin: Client
) -> None:
    (person,) = ordinary_people(acme, 1)
    leaves(person)
    case = approved_case(person)
    _, shown = add(admin, person=str(person.pk))
    assert "1 open case will not run, because the person is protected." in shown
    assert f"Case {case.pk}: {person.name}" in shown
    assert run_now(acme).held == 1


def test_a_pattern_shows_whom_it_protects_before_it_is_added(
    acme: Connection, guardrails: Guardrails, admin: Client
) -> None:
    person = ordinary_people(acme, 1)[0]
    pattern = person.email[:4].upper() + "*" + person.email[person.email.index("@") :]
    expected = {
        one for one in Person.objects.filter(memberships__status=Status.ACTIVE).distinct() if one.email
    }
    expected = {
        one.pk
        for one in expected
        if one.email.lower().startswith(pattern[:4].lower())
        and one.email.lower().endswith(pattern[5:].lower())
    }
    assert set(people_matching(pattern).values_list("pk", flat=True)) == expected
    preview = text(admin.get("/settings/protected/pattern/", {"pattern": pattern}).content)
    assert f"Protects {len(expected)} of " in preview
    assert person.name in preview
    assert not Protected.objects.exists()
    _, shown = add(admin, pattern=pattern, why="service")
    assert "is now protected" in shown
    for pk in expected:
        assert why_protected(Person.objects.get(pk=pk))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("*", "This pattern matches everybody."),
        ("*@*.*", "This pattern matches everybody."),
        ("", "Enter a pattern"),
        ("a b@example.com", "A pattern cannot contain spaces."),
    ],
)
def test_a_pattern_that_is_none_or_everybodys_is_refused(admin: Client, pattern: str, words: str) -> None:
    status, shown = add(admin, pattern=pattern)
    assert status == 422
    assert words in shown
    assert not Protected.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("letters", ["%", "_", "\\"])
def test_what_sql_would_take_for_any_letter_is_taken_as_written(
    acme: Connection, admin: Client, letters: str
) -> None:
    assert not people_matching(f"{letters}@example.com").exists()


def test_the_same_person_or_pattern_is_not_listed_twice(acme: Connection, admin: Client) -> None:
    (person,) = ordinary_people(acme, 1)
    add(admin, person=str(person.pk))
    assert "is on the list already" in add(admin, person=str(person.pk))[1]
    add(admin, pattern="svc-*@example.com")
    assert "is on the list already" in add(admin, pattern="SVC-*@example.com")[1]
    assert Protected.objects.count() == 2


def test_neither_a_person_nor_a_pattern_is_an_error(admin: Client) -> None:
    status, shown = add(admin)
    assert status == 422
    assert "Choose a person." in shown


def test_taking_off_the_list_asks_first_and_names_whom_it_frees(acme: Connection, admin: Client) -> None:
    (person,) = ordinary_people(acme, 1)
    add(admin, person=str(person.pk), note="In the safe")
    entry = Protected.objects.get()
    asked = text(admin.get(f"/settings/protected/{entry.pk}/remove/").content)
    assert person.name in asked
    assert "1 person can then be removed" in asked
    assert Protected.objects.exists()
    admin.post(f"/settings/protected/{entry.pk}/remove/", {"reason": "A new safe"})
    assert not Protected.objects.exists()
    recorded = Entry.objects.get(action="settings.protected_removed")
    assert (recorded.reason, recorded.before["note"]) == ("A new safe", "In the safe")


def test_who_connected_usher_and_the_last_admins_are_always_listed(acme: Connection, admin: Client) -> None:
    shown = text(admin.get("/settings/protected/").content)
    assert "Usher uses the token of" in shown
    workspace = acme.workspaces.filter(left_out="").first()
    admins = Membership.objects.filter(workspace=workspace, role=Role.ADMIN, status=Status.ACTIVE)
    last = admins.exclude(person__gid=acme.asana_user_gid).first()
    assert last
    admins.exclude(pk=last.pk).update(role=Role.MEMBER)
    shown = text(admin.get("/settings/protected/").content)
    assert f"{last.person} is the last admin of {workspace}" in shown


def test_people_are_found_by_name_or_address(acme: Connection, admin: Client) -> None:
    (person,) = ordinary_people(acme, 1)
    for q in (person.name, person.email.upper()):
        found = text(admin.get("/settings/protected/people/", {"q": q}).content)
        assert person.email in found
    assert "No active person matches." in text(
        admin.get("/settings/protected/people/", {"q": "zzzz nobody"}).content
    )


def test_a_link_from_a_persons_page_has_them_chosen(acme: Connection, admin: Client) -> None:
    (person,) = ordinary_people(acme, 1)
    html = admin.get(f"/settings/protected/?person={person.pk}").content.decode()
    assert re.search(rf'name="person" id="person-{person.pk}" value="{person.pk}" checked', html)


@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.OPERATOR, UserRole.APPROVER])
def test_everybody_else_reads_the_list_and_changes_nothing(acme: Connection, role: UserRole) -> None:
    (person,) = ordinary_people(acme, 1)
    entry = Protected.objects.create(person=person, why="other", by="ada@example.com")
    client = signed_in(role)
    html = client.get("/settings/protected/").content.decode()
    assert person.email in html
    assert "Protect a person" not in html
    assert f"/settings/protected/{entry.pk}/remove/" not in html
    assert add(client, pattern="svc-*@example.com")[0] == 403
    assert client.post(f"/settings/protected/{entry.pk}/remove/").status_code == 403
    assert client.get("/settings/protected/people/?q=a").status_code == 403
    assert list(Protected.objects.all()) == [entry]


def test_who_was_protected_through_a_deleted_connection_is_shown_and_can_be_taken_off(
    acme: Connection, admin: Client
) -> None:
    (person,) = ordinary_people(acme, 1)
    add(admin, person=str(person.pk))
    Connection.objects.filter(pk=acme.pk).delete()
    shown = text(admin.get("/settings/protected/").content)
    assert f"{person.name} {person.gid}, of a connection whose data was deleted" in shown
    admin.post(f"/settings/protected/{Protected.objects.get().pk}/remove/", {"reason": ""})
    assert not Protected.objects.exists()
    assert person.gid in Entry.objects.get(action="settings.protected_removed").subject


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["people", "patterns"])
def test_twenty_entries_cost_as_many_queries_as_two(kind: str) -> None:
    acme = a_company()

    def add(count: int) -> None:
        for person in people(acme, count, name=f"Safe of {count}"):
            named = {"person": person} if kind == "people" else {"pattern": person.email}
            Protected.objects.create(**named, why=Protected.Why.OTHER, by="ada@example.com")

    assert_costs_the_same(signed_in(UserRole.ADMIN), "/settings/protected/", add)
