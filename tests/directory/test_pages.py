"""The pages of the directory: from an upload to a group, and who may do what."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests.support.directory.sources import an_employee
from tests.support.queries import queries_of
from tests.support.roster.people import a_member
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import DomainAlias, Employee, Import, Match, Protected, Source
from usher.ledger.models import Entry
from usher.roster.models import Workspace

pytestmark = pytest.mark.django_db

HEAD = "Work Email,Full Name,Status,Last Day\n"


def uploaded(client: Client, content: str, **fields: object) -> HttpResponse:
    file = SimpleUploadedFile("people.csv", content.encode())
    return client.post("/directory/imports/upload/", {"file": file, **fields})


def text(answer: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_an_empty_directory_says_how_to_begin(operator: Client, viewer: Client) -> None:
    assert "Upload a CSV file" in text(operator.get("/directory/"))
    shown = text(viewer.get("/directory/"))
    assert "An operator or admin" in shown
    assert "Upload a CSV file" not in shown


def test_a_file_is_looked_at_first_and_then_applied(operator: Client, acme: Workspace) -> None:
    a_member(acme, "Ada Lovelace", "ada@acme.example")
    yesterday = timezone.localdate() - timedelta(days=1)
    answer = uploaded(
        operator,
        f"{HEAD}ada@acme.example,Ada Lovelace,Terminated,{yesterday}\nbo@acme.example,Bo,Active,\n,X,Active,\n",
        name="Workday",
    )
    held = Import.objects.get()
    assert answer.headers["Location"] == f"/directory/imports/{held.pk}/preview/"
    shown = text(operator.get(answer.headers["Location"]))
    assert "Leaving, with an Asana seat" in shown
    assert "Line 4: There is neither an e-mail address nor an employee ID." in shown
    assert (Employee.objects.count(), Source.objects.count()) == (0, 0)
    done = operator.post(answer.headers["Location"], follow=True)
    assert "Imported 3 rows." in text(done)
    assert "1 row is left out" in text(done)
    assert {each.email for each in Employee.objects.all()} == {"ada@acme.example", "bo@acme.example"}
    assert Entry.objects.filter(action="directory.imported", actor_name="operator@example.com").count() == 1
    home = text(operator.get("/directory/"))
    assert "people.csv" in home
    assert "Workday" in home
    assert "Ada Lovelace" in text(operator.get("/directory/groups/left/"))


def test_a_file_that_has_shrunk_asks_whether_it_is_complete(operator: Client, hr: Source) -> None:
    for n in range(10):
        an_employee(hr, f"p{n}@acme.example", f"Person {n}")
    answer = uploaded(operator, f"{HEAD}p0@acme.example,Person 0,Active,\n", source=hr.pk)
    page = answer.headers["Location"]
    shown = text(operator.get(page))
    assert "9 of 10 employees would be gone: 9 by this file." in shown
    assert shown.index("Not everybody is in this file") < shown.index("The file is complete and right")
    assert operator.post(page).status_code == 422
    assert not Employee.objects.filter(is_listed=False).exists()
    operator.post(page.replace("preview", "answers"), {"gone": "9"})
    assert "would be gone" not in text(operator.get(page))
    assert operator.post(page).status_code == 302
    assert Employee.objects.filter(is_listed=False).count() == 9


def test_of_a_file_that_has_not_everybody_nobody_is_missing(operator: Client, hr: Source) -> None:
    for n in range(10):
        an_employee(hr, f"p{n}@acme.example", f"Person {n}")
    content = f"{HEAD}p0@acme.example,Person 0,Active,\n"
    page = uploaded(operator, content, source=hr.pk).headers["Location"]
    operator.post(page.replace("preview", "answers"), {"gone": "part"})
    assert operator.post(page).status_code == 302
    hr.refresh_from_db()
    assert (hr.lists_everyone, Employee.objects.filter(is_listed=False).exists()) == (False, False)
    again = uploaded(operator, content, source=hr.pk).headers["Location"]
    assert "Nothing would change" in text(operator.get(again))


def test_what_a_file_leaves_open_is_asked_and_remembered(operator: Client, hr: Source) -> None:
    content = "Login,Where,Condition,End\nada@acme.example,Sales,Gone fishing,03/04/2020\n"
    answer = uploaded(operator, content, source=hr.pk)
    page = answer.headers["Location"]
    held = Import.objects.get()
    shown = text(operator.get(page))
    assert "Condition" in shown
    operator.post(
        f"/directory/imports/{held.pk}/reading/",
        {"email": "Login", "department": "Where", "status": "Condition", "last_day": "End"},
    )
    shown = text(operator.get(page))
    assert "What do these statuses mean?" in shown
    assert "How are the days meant?" in shown
    assert operator.post(page).status_code == 422
    answers = {"status:gone fishing": "left", "date_order": "dmy", "status:unheard of": "left"}
    operator.post(page.replace("preview", "answers"), answers)
    assert "Nobody in it works here as far as it says: 1 have left" in text(operator.get(page))
    operator.post(page.replace("preview", "answers"), {"lists": "part"})
    assert operator.post(page).status_code == 302
    ada = Employee.objects.get()
    assert (ada.department, ada.is_active, ada.last_day) == ("Sales", False, date(2020, 4, 3))
    hr.refresh_from_db()
    assert hr.mapping == {
        "department": "Where",
        "status": "Condition",
        "last_day": "End",
        "status:gone fishing": "left",
        "date_order": "dmy",
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("PK\x03\x04", "workbook"),
        ("<html><table><tr><td>Email</td></tr></table></html>", "a web page (HTML)"),
        (HEAD, "but no employees"),
        ('Email,Name\n"ada', "quotation mark"),
    ],
)
def test_a_file_of_no_use_says_why_and_makes_no_source(content: str, why: str, operator: Client) -> None:
    assert why in text(uploaded(operator, content, name="HR"))
    assert not Source.objects.exists()


def test_a_source_exists_once_a_file_was_applied_and_is_the_same_for_the_next(operator: Client) -> None:
    content = f"{HEAD}ada@acme.example,Ada,Active,\n"
    first, second = (uploaded(operator, content, name="HR").headers["Location"] for _ in range(2))
    assert "HR" in text(operator.get(first))
    assert not Source.objects.exists()
    assert text(operator.get("/directory/")).count("for the new source HR") == 2
    for page in (first, second):
        assert operator.post(page).status_code == 302
    assert list(Source.objects.values_list("name", "mapping")) == [("HR", {})]
    assert Import.objects.filter(source__name="HR", state="applied").count() == 2


def test_a_dropped_file_changes_nothing(operator: Client, hr: Source) -> None:
    page = uploaded(operator, f"{HEAD}ada@acme.example,Ada,Active,\n", source=hr.pk).headers["Location"]
    operator.post(page.replace("preview", "drop"))
    held = Import.objects.get()
    assert (held.state, held.content, Employee.objects.count()) == ("dropped", "", 0)
    assert "already applied or discarded" in text(operator.post(page, follow=True))


def test_a_group_is_filtered_sorted_and_exported(viewer: Client, acme: Workspace, hr: Source) -> None:
    for name, fields in (
        ("Ada", {"role": "admin"}),
        ("Bo", {"licence": "view_only"}),
        ("Cy", {"role": "guest", "licence": "guest"}),
    ):
        a_member(acme, name, f"{name.lower()}@acme.example", **fields)
        an_employee(hr, f"{name.lower()}@acme.example", name)
    bring_up_to_date()

    def names(query: str) -> list[str]:
        table = viewer.get(f"/directory/groups/employed/?{query}").context["table"]
        return [row.record.name for row in table.paginated_rows]

    assert names("") == ["Ada", "Bo", "Cy"]
    assert names("sort=-name") == ["Cy", "Bo", "Ada"]
    assert names("role=admin") == ["Ada"]
    assert names("seat=True") == ["Ada"]
    assert names("seat=False&q=bo") == ["Bo"]
    assert names("sort=-role&sort=seat&per_page=25&connection=999")
    lines = b"".join(viewer.get("/directory/groups/employed.csv?role=admin").streaming_content).decode()
    [row] = csv.DictReader(io.StringIO(lines))
    assert (row["email"], row["group"], row["source"]) == ("ada@acme.example", "employed", "HR")
    assert viewer.get("/directory/groups/nonsense/").status_code == 404


def test_a_page_of_a_group_asks_the_same_however_many_there_are(
    viewer: Client, acme: Workspace, hr: Source
) -> None:
    def queries(people: int) -> int:
        for n in range(people):
            a_member(acme, f"P{people}-{n}", f"p{people}-{n}@acme.example")
            an_employee(hr, f"p{people}-{n}@acme.example")
        bring_up_to_date()
        return len(queries_of(viewer, "/directory/groups/employed/"))

    assert queries(2) == queries(20)


def test_employees_without_a_seat_are_listed(viewer: Client, acme: Workspace, hr: Source) -> None:
    a_member(acme, "Ada", "ada@acme.example")
    a_member(acme, "Guest", "guest@acme.example", role="guest", licence="guest")
    for name in ("ada", "guest", "nobody"):
        an_employee(hr, f"{name}@acme.example", name)
    an_employee(hr, "gone@acme.example", "gone", is_active=False)
    bring_up_to_date()
    answer = viewer.get("/directory/employees/without-seat/")
    assert [row.record.name for row in answer.context["table"].paginated_rows] == ["guest", "nobody"]
    lines = b"".join(viewer.get("/directory/employees/without-seat.csv?q=nobody").streaming_content).decode()
    assert [row["name"] for row in csv.DictReader(io.StringIO(lines))] == ["nobody"]


def test_proposals_are_confirmed_set_apart_and_undone(operator: Client, acme: Workspace, hr: Source) -> None:
    same = a_member(acme, "Ada Lovelace", "ada@private.example").person
    other = a_member(acme, "Bo Chen", "bo@private.example").person
    an_employee(hr, "al@acme.example", "Lovelace, Ada")
    an_employee(hr, "bc@acme.example", "Bo Chen")
    bring_up_to_date()
    shown = text(operator.get("/directory/matches/"))
    assert shown.count("Same name, different address") == 2
    first, second = Match.objects.get(person=same), Match.objects.get(person=other)
    operator.post("/directory/matches/decide/", {"answer": f"same:{first.pk}"})
    operator.post("/directory/matches/decide/", {"answer": "different", "match": [second.pk]})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.how, first.counts, first.by) == (
        "matched",
        "hand",
        True,
        "operator@example.com",
    )
    assert (second.state, second.counts) == ("rejected", False)
    bring_up_to_date()
    assert Match.objects.filter(state="proposed").count() == 0
    assert "Nothing to review" in text(operator.get("/directory/matches/"))
    for each in (first, second):
        operator.post(f"/directory/matches/{each.pk}/undo/")
    assert set(Match.objects.values_list("state", flat=True)) == {"proposed"}
    actions = list(Entry.objects.order_by("number").values_list("action", flat=True))
    assert actions == [
        "directory.matched",
        "directory.match_rejected",
        "directory.decision_undone",
        "directory.decision_undone",
    ]


def test_a_person_is_matched_by_hand(operator: Client, acme: Workspace, hr: Source) -> None:
    person = a_member(acme, "Ada", "ada@private.example").person
    chosen = an_employee(hr, "al@acme.example", "Augusta King")
    page = f"/directory/people/{person.pk}/match/"
    assert "No employee found" in text(operator.get(page))
    assert "Augusta King" in text(operator.get(page, {"q": "king AL@"}))
    operator.post(page, {"employee": chosen.pk})
    match = Match.objects.get()
    assert (match.person, match.employee, match.how, match.counts) == (person, chosen, "hand", True)
    an_employee(hr, "ada@private.example", "Somebody with the address")
    bring_up_to_date()
    assert Match.objects.get(state="matched").employee == chosen


def test_an_alias_matches_and_its_removal_takes_the_match_back(
    admin: Client, acme: Workspace, hr: Source
) -> None:
    a_member(acme, "Ada", "ada@acme.co.uk")
    an_employee(hr, "ada@acme.example")
    admin.post("/directory/aliases/", {"alias": "@ACME.co.uk", "domain": "acme.example"})
    assert Match.objects.get().how == "alias"
    admin.post(f"/directory/aliases/{DomainAlias.objects.get().pk}/remove/")
    assert not Match.objects.filter(state="matched").exists()
    for alias, domain in (
        ("gmail.com", "acme.example"),
        ("acme", "acme.example"),
        ("a.example", "A.example"),
    ):
        assert admin.post("/directory/aliases/", {"alias": alias, "domain": domain}).status_code == 200
    assert not DomainAlias.objects.exists()


def test_another_rank_changes_whose_word_counts(admin: Client, acme: Workspace, hr: Source) -> None:
    person = a_member(acme, "Ada", "ada@acme.example").person
    admin.post("/directory/sources/add/", {"name": "Okta", "kind": "scim", "rank": 2})
    okta = Source.objects.get(name="Okta")
    an_employee(hr, "ada@acme.example")
    an_employee(okta, "ada@acme.example", is_active=False)
    bring_up_to_date()
    assert Match.objects.get(person=person, counts=True).employee.source == hr
    admin.post(f"/directory/sources/{hr.pk}/", {"name": "HR", "rank": 3, "absence": "ask"})
    assert Match.objects.get(person=person, counts=True).employee.source == okta
    assert "already" in text(admin.post("/directory/sources/add/", {"name": "hr", "kind": "csv", "rank": 1}))
    assert "SCIM access" in text(admin.get(f"/directory/sources/{okta.pk}/"))


def test_the_page_of_an_employee_tells_their_history(viewer: Client, acme: Workspace, hr: Source) -> None:
    a_member(acme, "Ada", "ada@acme.example")
    ada = an_employee(hr, "ada@acme.example", "Ada")
    an_employee(hr, "ada@acme.example", "Ada Lovelace", last_day=date(2020, 1, 31))
    bring_up_to_date()
    shown = text(viewer.get(f"/directory/employees/{ada.pk}/"))
    assert "Left on 31 Jan 2020" in shown
    assert "Name: Ada → Ada Lovelace" in shown
    assert "Same e-mail" in shown


def test_the_page_of_a_person_shows_their_employment(viewer: Client, acme: Workspace, hr: Source) -> None:
    from django.template import Context, Template

    person = a_member(acme, "Ada", "ada@acme.example").person
    an_employee(hr, "ada@acme.example", "Ada", department="Sales")
    Protected.objects.create(person=person, why="break_glass", by="bo")
    bring_up_to_date()
    template = Template('{% include "directory/_employment.html" %}')
    shown = template.render(Context({"person": person, "user": ""}))
    assert "Works here (HR). Same e-mail." in shown
    assert "Break-glass admin" in shown


PAGES = [
    "",
    "groups/unknown/",
    "employees/without-seat/",
    "employees/no-longer-listed/",
    "matches/",
    "aliases/",
]


@pytest.mark.parametrize("page", PAGES)
def test_whoever_is_signed_in_reads(page: str, viewer: Client) -> None:
    assert viewer.get(f"/directory/{page}").status_code == 200


@pytest.mark.parametrize(
    ("role", "page", "allowed"),
    [
        ("viewer", "imports/upload/", False),
        ("viewer", "imports/1/preview/", False),
        ("viewer", "imports/1/reading/", False),
        ("viewer", "imports/1/answers/", False),
        ("viewer", "employees/no-longer-listed/", False),
        ("viewer", "imports/1/drop/", False),
        ("viewer", "matches/decide/", False),
        ("viewer", "matches/1/undo/", False),
        ("viewer", "people/1/match/", False),
        ("operator", "matches/decide/", True),
        ("operator", "imports/upload/", True),
        ("operator", "sources/add/", False),
        ("operator", "aliases/", False),
        ("operator", "aliases/1/remove/", False),
        ("admin", "aliases/", True),
        ("admin", "sources/add/", True),
    ],
)
def test_each_change_needs_its_role(
    role: str, page: str, allowed: bool, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(role)
    assert (client.post(f"/directory/{page}").status_code != 403) == allowed


@pytest.mark.parametrize("nobody", ["", "x", "²", "9" * 30])
def test_an_employee_who_is_none_is_not_found(nobody: str, operator: Client, acme: Workspace) -> None:
    person = a_member(acme, "Greta").person
    answer = operator.post(f"/directory/people/{person.pk}/match/", {"employee": nobody})
    assert answer.status_code == 404
