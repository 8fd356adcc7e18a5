"""The pages of a list together are the list: every row once, in the order that was asked for."""

import re
from datetime import timedelta
from random import Random

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support.directory.sources import a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import PersonUsage
from usher.directory.employment.figures import standings_of, with_details, without_seat
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Protected, Standing
from usher.roster.models import Membership, Person
from usher.roster.query import has_words
from usher.web.lists import every_word
from usher.web.table import paging

pytestmark = pytest.mark.django_db

PEOPLE = 130
ORDERS = {
    "name": ["name", "pk"],
    "role": ["role", "name", "pk"],
    "seat": ["has_seat", "name", "pk"],
    "employment": ["last_day", "left_on", "name", "pk"],
    "source": ["source__name", "name", "pk"],
    "last_used": ["last_used_at", "name", "pk"],
    "connection": ["connection__name", "name", "pk"],
}


@pytest.fixture
def people(db: None) -> None:
    """In every group, with a bit of everything, some in two workspaces; two connections have the same name."""
    random, now = Random(7), timezone.now()
    today = timezone.localdate()
    before = a_connection("Same", disconnected_at=timezone.now())
    connections = [before, a_connection("Acme"), a_connection("Same")]
    workspaces = [a_workspace(connection, "Inc", "acme.example") for connection in connections]
    others = [a_workspace(connection, "Side") for connection in connections]
    sources = [a_source(name, rank=rank) for rank, name in enumerate(("Zeta", "HR", "Mid"))]
    Protected.objects.create(pattern="svc*", why=Protected.Why.SERVICE_ACCOUNT, by="A")
    for n in range(PEOPLE):
        role, licence = random.choice([("admin", "member"), ("member", "view_only"), ("guest", "guest")])
        email = f"{'svc' if n % 3 == 0 else ''}p{n}@acme.example"
        one = a_member(workspaces[n % 3], f"Person {n * 37 % 90}/{n % 3}", email, role=role, licence=licence)
        Person.objects.filter(pk=one.person_id).update(name=f"Person {n * 37 % 90}")
        if n % 6 == 0:
            Membership.objects.create(
                person=one.person,
                workspace=others[n % 3],
                gid=f"side{n}",
                role=role,
                licence=licence,
                since=now,
            )
        if n % 10:
            day = [None, None, today - timedelta(days=n % 9), today + timedelta(days=n % 9)][n % 4]
            an_employee(random.choice(sources), email, last_day=day)
        if n % 5:
            PersonUsage.objects.create(
                connection=one.person.connection,
                user_gid=one.person.gid,
                as_of=today,
                last_used_at=now - timedelta(hours=n % 7),
            )
    bring_up_to_date()


def shown(page: str) -> list[str]:
    return re.findall(r"p\d+@acme\.example", page)


@pytest.mark.parametrize("group", ["employed", "leaving", "left", "service_account"])
@pytest.mark.parametrize("near", [-1, 20])
def test_pages_of_a_group_are_in_the_order_of_each_column(
    group: str, near: int, viewer: Client, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`near`: pages within a list are found in another way than those near its ends."""
    monkeypatch.setattr(paging, "NEAR", near)
    today = timezone.localdate()
    everybody = with_details(standings_of(group, today), today)
    for sort in [*ORDERS, *(f"-{name}" for name in ORDERS)]:
        order = ORDERS[sort.removeprefix("-")]
        in_order = everybody.order_by(*(f"-{field}" if sort.startswith("-") else field for field in order))
        emails = [one.person.email.removeprefix("svc") for one in in_order]
        pages = [
            viewer.get(f"/directory/groups/{group}/?per_page=25&sort={sort}&page={number}").text
            for number in range(1, len(emails) // 25 + 2)
        ]
        assert [email for page in pages for email in shown(page)] == emails != [], sort
        assert f"of {len(emails)}\n" in pages[0]


def test_no_page_of_a_group_reads_all_of_its_people_to_show_some(viewer: Client, people: None) -> None:
    """Neither their names in `roster_person` nor their use: only for those whom it shows."""
    for sort in ("name", "role", "seat", "employment", "source", "connection"):
        with CaptureQueriesContext(database) as queries:
            viewer.get(f"/directory/groups/employed/?per_page=25&sort={sort}&page=2&q=p")
        for query in queries:
            reads_people = '"roster_person"' in query["sql"] or '"activity_personusage"' in query["sql"]
            assert not reads_people or re.search(r'"person_id" IN \(\d', query["sql"]), query["sql"]


@pytest.mark.parametrize("near", [0, 20])
def test_pages_of_employees_without_a_seat_are_all_of_them(
    near: int, viewer: Client, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "NEAR", near)
    count = without_seat(timezone.localdate()).count()
    for sort in ("name", "-name", "department", "last_day", "source", "first_seen", "-kind"):
        address = f"/directory/employees/without-seat/?per_page=25&sort={sort}&page="
        pages = [viewer.get(f"{address}{number}").text for number in range(1, 4)]
        assert [len(shown(page)) for page in pages] == [25, 25, count - 50], sort
        assert len({email for page in pages for email in shown(page)}) == count
        assert all(f"of {count}\n" in page for page in pages)


def test_a_page_that_is_none_is_the_first_or_the_last(viewer: Client, people: None) -> None:
    def page(number: str) -> list[str]:
        return shown(viewer.get(f"/directory/employees/without-seat/?per_page=25&page={number}").text)

    assert page("x") == page("") == page("1") != page("3")
    assert page("99") == page("0") == page("-1") == page("1" * 30) == page("3") != []


def test_employees_without_a_seat_whom_nothing_fits_are_nobody(viewer: Client, people: None) -> None:
    page = viewer.get("/directory/employees/without-seat/?q=zzz").text
    assert "No employee matches the filters." in page


WORDS = [
    "ada",
    "ADA",
    "ß",
    "%",
    "_",
    "\\",
    "a%a",
    "ǆ",
    "é.X",
    "ada lovelace",
    "lovelace@",
    "example ada",
    "'",
]


@pytest.mark.parametrize("text", WORDS)
def test_a_search_finds_what_it_finds_in_name_and_e_mail(text: str) -> None:
    org = a_workspace(a_connection())
    names = ["Ada Lovelace", "ada_b%a\\c", "Straße ǆ", "É.x O'Neil", "Nobody", "x\ny"]
    for n, name in enumerate(names):
        a_member(org, name, f"{'ADA.' if n % 2 else 'lovelace'}{n}@Acme.Example")
    found = set(Standing.objects.filter(has_words(text, "words")).values_list("pk", flat=True))
    assert found == set(Person.objects.filter(every_word(text, "name", "email")).values_list("pk", flat=True))
