"""The list of licences to pause: what it shows of each, what can be done there, and by whom."""

import csv
import io
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests.support.activity.lived_usage import ago, watch
from tests.support.queries import assert_costs_the_same
from tests.support.removal.accounts import account, actor, signed_in
from tests.support.removal.company import a_company, boxes, people, text
from usher.access.models import User
from usher.access.roles import UserRole
from usher.activity.models import EvidenceSource
from usher.connections.models import Connection, Mode
from usher.directory.models import Protected
from usher.ledger.models import Entry
from usher.removal.models import LicencePause
from usher.removal.pauses.worklist import PUT_AT_ONCE, put_on_list
from usher.roster.models import Person, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(UserRole.OPERATOR)


@pytest.fixture
def acme(db: None) -> Workspace:
    acme = a_company(mode=Mode.READ, has_service_token=True)
    watch(acme, EvidenceSource.AUDIT, 30)
    return acme


def put(*found: Person, why: str = "On leave", **fields: object) -> LicencePause:
    put_on_list([one.pk for one in found], why, actor(account(UserRole.OPERATOR)))
    pause = LicencePause.objects.get(membership__person=found[0])
    LicencePause.objects.filter(pk=pause.pk).update(**fields)
    return pause


def in_each_state(acme: Workspace) -> list[Person]:
    """To do, ticked and not seen, paused, billed again, taken off; the names in this order."""
    found = people(acme, 5)
    put(found[0])
    ticked = {"ticked_by": "ada@example.com", "ticked_at": ago(hours=30)}
    put(found[1], **ticked)
    put(found[2], paused_at=ago(hours=20), **ticked)
    put(found[3], paused_at=ago(hours=20), billed_at=ago(hours=3), ended_by_sign_in=True)
    put(found[4], taken_off_at=ago(hours=1), taken_off_by="bo@example.com", taken_off_why="They left")
    return found


def names(answer: HttpResponse) -> list[str]:
    return [str(row.record.membership.person) for row in answer.context["table"].paginated_rows]


def test_each_entry_shows_who_where_since_when_why_by_whom_and_its_state(
    operator: Client, acme: Workspace
) -> None:
    in_each_state(acme)
    page = text(operator.get("/pauses/?show=all"))
    for words in (
        "Person 001",
        "person001@acme.example",
        "Acme Inc",
        "On leave",
        "operator@example.com",
        "To pause",
        "Ticked, not seen",
        "Ticked by ada@example.com",
        "Not seen in the audit log for 30 hours since the tick. The log can lag behind",
        "Paused, verified",
        "says the audit log. Nobody ticked it",
        "Billed again",
        "Signed in on",
        "Taken off",
        "By bo@example.com",
        "They left",
    ):
        assert words in page, words


def test_it_says_that_usher_does_not_pause_and_links_to_the_members_in_the_admin_console(
    operator: Client, acme: Workspace, settings: Settings
) -> None:
    settings.USHER_ASANA_URL = "https://app.asana.com"
    put(*people(acme, 1))
    answer = operator.get("/pauses/")
    assert "Usher does not pause licences itself: Asana has no call for it." in text(answer)
    assert f'href="https://app.asana.com/admin/{acme.gid}/members"' in answer.text


def test_the_states_are_tabs_with_counts_and_what_is_open_is_shown_first(
    operator: Client, acme: Workspace
) -> None:
    in_each_state(acme)
    assert names(operator.get("/pauses/?sort=person")) == ["Person 001", "Person 002", "Person 003"]
    for number, state in enumerate(("to_do", "ticked", "paused", "billed", "taken_off"), start=1):
        answer = operator.get(f"/pauses/?show={state}")
        assert names(answer) == [f"Person 00{number}"], state
    assert [count for *_, count in answer.context["tabs"]] == [3, 1, 1, 1, 1, 1, 5]
    assert len(names(operator.get("/pauses/?show=nonsense"))) == 3


def test_it_is_searched_narrowed_to_a_connection_sorted_and_paged_on_the_server(
    operator: Client, acme: Workspace
) -> None:
    put(*people(acme, 30))
    globex = a_company("Globex", mode=Mode.READ)
    put(*people(globex, 1, "Other"))
    assert names(operator.get("/pauses/?q=PERSON003")) == ["Person 003"]
    assert names(operator.get(f"/pauses/?connection={globex.connection_id}")) == ["Other 001"]
    assert names(operator.get("/pauses/?sort=-person"))[0] == "Person 030"
    assert len(names(operator.get("/pauses/?per_page=25&page=2"))) == 6
    for column in ("person", "workspace", "state", "why", "put"):
        assert len(names(operator.get(f"/pauses/?sort={column}"))) == 31
    assert "Globex: Globex Inc" in text(operator.get("/pauses/?q=other"))


def test_the_file_holds_what_the_filters_leave_safe_for_spreadsheets(
    operator: Client, acme: Workspace
) -> None:
    found = in_each_state(acme)
    LicencePause.objects.update(why="=cmd()")
    rows = list(
        csv.DictReader(
            io.StringIO(operator.get("/pauses/export.csv?show=all").getvalue().decode("utf-8-sig"))
        )
    )
    assert [row["state"] for row in rows] == ["to_do", "ticked", "paused", "billed", "taken_off"]
    assert rows[0]["reason"] == "'=cmd()"
    assert rows[1]["note"].startswith("Not seen in the audit log")
    assert (rows[3]["gid"], rows[3]["ended_by_sign_in"], rows[4]["taken_off_reason"]) == (
        found[3].gid,
        "True",
        "They left",
    )
    (row,) = csv.DictReader(
        io.StringIO(operator.get("/pauses/export.csv?show=paused").getvalue().decode("utf-8-sig"))
    )
    assert row["email"] == found[2].email


def test_selected_people_are_put_on_the_list_with_a_reason(operator: Client, acme: Workspace) -> None:
    free, protected = people(acme, 2)
    Protected.objects.create(person=protected, why=Protected.Why.OTHER, by="ada@example.com")
    asked = operator.get(f"/pauses/new/?person={free.pk}&person={protected.pk}")
    assert [one.person for one in asked.context["people"]] == [free]
    assert "protected" in text(asked)
    without = operator.post("/pauses/new/", {"person": [free.pk], "why": " "})
    assert without.status_code == 422
    assert not LicencePause.objects.exists()
    answer = operator.post(
        "/pauses/new/", {"person": [free.pk, protected.pk], "why": "Sabbatical"}, follow=True
    )
    assert names(answer) == ["Person 001"]
    assert "1 licence put on the list." in text(answer)
    assert "Person 002: This person is protected" in text(answer)
    assert LicencePause.objects.get().put_by == "operator@example.com"


@pytest.mark.parametrize("query", ["", "person=abc", "person=-1", f"person={10**20}", "selection=x"])
def test_without_anybody_selected_it_says_where_to_select(operator: Client, query: str) -> None:
    assert "Nobody is selected" in text(operator.get(f"/pauses/new/?{query}"))
    assert operator.post(f"/pauses/new/?{query}", {"why": "x"}).status_code == 200


def test_more_than_fit_are_said(operator: Client, acme: Workspace) -> None:
    found = people(acme, PUT_AT_ONCE + 3)
    query = "&".join(f"person={one.pk}" for one in found)
    answer = operator.get(f"/pauses/new/?{query}")
    assert len(answer.context["people"]) == PUT_AT_ONCE
    assert "Too many people at once" in text(answer)


def test_one_or_several_are_ticked_and_a_tick_is_taken_back(operator: Client, acme: Workspace) -> None:
    found = people(acme, 3)
    put(*found)
    first, *others = boxes(operator.get("/pauses/?sort=person"), "pause")
    answer = operator.post("/pauses/tick/", {"pause": [first]}, follow=True)
    assert "1 licence ticked." in text(answer)
    assert sorted(boxes(answer, "pause")) == sorted(others)
    operator.post("/pauses/tick/", {"pause": others})
    assert LicencePause.objects.filter(ticked_by="operator@example.com").count() == 3
    operator.post("/pauses/untick/", {"pause": first})
    assert LicencePause.objects.get(pk=first).ticked_at is None
    assert "no tick to take back" in text(operator.post("/pauses/untick/", {"pause": "x"}, follow=True))
    assert "Nothing was ticked" in text(operator.post("/pauses/tick/", {"pause": ["y", "999"]}, follow=True))
    assert Entry.objects.filter(action="pause.ticked").count() == 3


def test_somebody_is_taken_off_with_a_reason_and_not_without(operator: Client, acme: Workspace) -> None:
    pause = put(*people(acme, 1))
    address = f"/pauses/{pause.pk}/take-off/"
    assert "Nothing changes in Asana" in text(operator.get(address))
    assert operator.post(address, {"reason": ""}).status_code == 422
    assert "is off the list" in text(operator.post(address, {"reason": "Back already"}, follow=True))
    assert LicencePause.objects.get().taken_off_why == "Back already"
    assert "not on the list any more" in text(operator.post(address, {"reason": "Again"}, follow=True))
    assert operator.get("/pauses/999999/take-off/").status_code == 404


def test_a_viewer_sees_the_list_and_changes_nothing(acme: Workspace) -> None:
    pause = put(*people(acme, 1))
    viewer = signed_in(UserRole.VIEWER)
    answer = viewer.get("/pauses/")
    assert names(answer) == ["Person 001"]
    assert boxes(answer, "pause") == []
    assert "Take off" not in text(answer)
    for address in ("/pauses/new/", "/pauses/tick/", "/pauses/untick/", f"/pauses/{pause.pk}/take-off/"):
        assert viewer.post(address, {"pause": pause.pk, "reason": "x", "why": "x"}).status_code == 403
    assert viewer.get(f"/pauses/{pause.pk}/take-off/").status_code == 403


def test_whoever_is_limited_to_a_connection_sees_and_changes_only_its_entries(acme: Workspace) -> None:
    globex = a_company("Globex", mode=Mode.READ)
    mine, foreign = put(*people(acme, 1)), put(*people(globex, 1, "Foreign"))
    other = people(globex, 1, "Stranger")[0]
    limited = User.objects.create_user(
        "lim@example.com", "lim@example.com", role=UserRole.OPERATOR, scope=[acme.connection_id]
    )
    browser = Client()
    browser.force_login(limited)
    answer = browser.get("/pauses/?show=all")
    assert names(answer) == ["Person 001"]
    assert "Globex" not in answer.text
    assert "Foreign" not in browser.get("/pauses/export.csv?show=all").getvalue().decode()
    browser.post("/pauses/tick/", {"pause": [mine.pk, foreign.pk]})
    browser.post("/pauses/new/", {"person": [other.pk], "why": "x"})
    assert browser.get(f"/pauses/{foreign.pk}/take-off/").status_code == 404
    assert LicencePause.objects.exclude(ticked_at=None).get() == mine
    assert LicencePause.objects.count() == 2


def test_it_says_whose_audit_log_is_not_read(operator: Client, acme: Workspace) -> None:
    put(*people(acme, 1), ticked_at=timezone.now() - timedelta(hours=2))
    assert "cannot be verified" not in text(operator.get("/pauses/"))
    Connection.objects.update(has_service_token=False)
    page = text(operator.get("/pauses/"))
    assert "The audit log of Acme is not read" in page
    assert "Cannot be verified: Acme has no service-account token" in page


def test_somebody_without_a_licence_to_pause_any_more_is_shown_so(operator: Client, acme: Workspace) -> None:
    pause = put(*people(acme, 1))
    membership = pause.membership
    membership.licence = "view_only"
    membership.save()
    assert "No longer a Member licence" in text(operator.get("/pauses/"))
    membership.status = "not_active"
    membership.save()
    assert "No longer active in Asana" in text(operator.get("/pauses/"))


def test_what_people_wrote_is_never_markup(operator: Client, acme: Workspace) -> None:
    put(*people(acme, 1, "<b>Bold"), why="<script>x</script>")
    assert "<script>x" not in operator.get("/pauses/").text
    assert "<b>Bold" not in operator.get("/pauses/").text


def test_the_page_of_a_person_offers_the_list_and_says_who_is_on_it(
    operator: Client, acme: Workspace
) -> None:
    free, listed, protected = people(acme, 3)
    put(listed)
    Protected.objects.create(person=protected, why=Protected.Why.OTHER, by="ada@example.com")
    pages = [text(operator.get(f"/people/{one.pk}/removal/")) for one in (free, listed, protected)]
    offered = ["Put on the list of licences to pause…" in page for page in pages]
    assert offered == [True, False, False]
    assert "To pause" in pages[1]
    viewer = signed_in(UserRole.VIEWER)
    assert "Put on the list" not in text(viewer.get(f"/people/{free.pk}/removal/"))


def test_an_empty_list_says_how_somebody_comes_on_it(operator: Client) -> None:
    page = text(operator.get("/pauses/"))
    assert "Nobody's licence is to be paused" in page
    assert "See people" in page


def test_it_costs_the_same_queries_however_many_entries(operator: Client, acme: Workspace) -> None:
    def add(count: int) -> None:
        place = a_company(f"C{Connection.objects.count()}", mode=Mode.READ)
        put(*people(place, count))
        LicencePause.objects.update(ticked_at=timezone.now())

    assert_costs_the_same(operator, "/pauses/", add)
    assert_costs_the_same(operator, "/pauses/export.csv", add)
