"""Renewals as a page, as reminders, and as a subscription by a secret address."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from tests.support.contracts.agreed import a_contract
from tests.support.removal.accounts import account, signed_in
from tests.support.removal.company import a_company, text
from usher.access.models import User
from usher.access.roles import UserRole
from usher.contracts.models import CalendarLink, Contract
from usher.contracts.renewals import reminders_due, renewals_to_come
from usher.ledger.models import Entry

pytestmark = pytest.mark.django_db

NOTICE = date(2027, 1, 20)


def address_from(client: Client) -> str:
    found = re.search(r"http[^\s<]+\.ics", client.post("/savings/calendar/link/").text)
    assert found
    return found[0]


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


def test_the_page_lists_renewals_with_their_notice_days() -> None:
    renews = timezone.localdate() + timedelta(days=50)
    a_contract(a_company().connection, renews_on=renews, notice_days=40)
    shown = text(signed_in(UserRole.VIEWER).get("/savings/calendar/"))
    assert "in 10 days" in shown
    assert "Asana Advanced Acme" in shown


def test_renewals_of_two_years_in_the_order_of_their_notice_days() -> None:
    a_contract(a_company().connection)
    a_contract(a_company("Beta").connection, name="Monthly", renews_on=date(2027, 1, 31), term_months=1)
    found = renewals_to_come(Contract.objects.all(), date(2026, 11, 29))
    assert [one.renews_on for one in found if one.contract.name == "Asana Advanced"] == [
        date(2027, 3, 1),
        date(2028, 3, 1),
    ]
    assert sum(one.contract.name == "Monthly" for one in found) == 24
    assert [one.notice_on for one in found] == sorted(one.notice_on for one in found)


@pytest.mark.parametrize(
    ("days_left", "expected"),
    [(91, []), (90, [90]), (75, [90]), (60, [60]), (30, [30]), (14, [14]), (1, [14]), (0, [14]), (-1, [])],
)
def test_the_last_reminder_whose_day_has_come_is_due(days_left: int, expected: list[int]) -> None:
    a_contract(a_company().connection)
    due = reminders_due(NOTICE - timedelta(days=days_left))
    assert [one.days_before for one in due] == expected


def test_each_reminder_has_a_name_by_which_it_is_sent_once() -> None:
    contract = a_contract(a_company().connection)
    keys = {reminders_due(NOTICE - timedelta(days=days))[0].key for days in range(91)}
    assert keys == {f"contract-{contract.pk}-2027-03-01-{days}" for days in (90, 60, 30, 14)}


def test_a_calendar_program_reads_names_and_dates_and_nothing_else() -> None:
    contract = a_contract(a_company("Secretive").connection, notice_days=30)
    address = address_from(signed_in(UserRole.VIEWER))
    answer = Client().get(path_of(address))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Secretive" not in answer.text
    assert "EUR" not in answer.text
    read = Calendar.from_ical(answer.content)
    events = read.walk("VEVENT")
    term = contract.term
    renewal = term.next_renewal(timezone.localdate())
    days = {(str(event["summary"]), event.decoded("dtstart")) for event in events}
    assert ("Renews: Asana Advanced", renewal) in days
    assert ("Last day of notice: Asana Advanced", term.notice_day(renewal)) in days
    assert len({str(event["uid"]) for event in events}) == len(events)
    assert [str(alarm["trigger"].to_ical(), "ascii") for alarm in events[0].walk("VALARM")] == [
        "-P90D",
        "-P60D",
        "-P30D",
        "-P14D",
    ]


def test_the_address_is_shown_once_replaced_and_revoked_and_the_ledger_says_so() -> None:
    client = signed_in(UserRole.VIEWER)
    first = path_of(address_from(client))
    assert first not in client.get("/savings/calendar/").text
    second = path_of(address_from(client))
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    token = second.rsplit("/", 1)[1].removesuffix(".ics")
    assert token not in str(list(CalendarLink.objects.values())) + str(list(Entry.objects.values()))
    client.post("/savings/calendar/link/revoke/")
    assert Client().get(second).status_code == 404
    actions = [entry.action for entry in Entry.objects.order_by("number")]
    assert actions == ["calendar.link_made", "calendar.link_replaced", "calendar.link_revoked"]


def test_the_address_of_somebody_who_may_no_longer_sign_in_shows_nothing() -> None:
    path = path_of(address_from(signed_in(UserRole.VIEWER)))
    User.objects.filter(pk=account(UserRole.VIEWER).pk).update(is_active=False)
    assert Client().get(path).status_code == 404


def test_the_address_of_somebody_who_is_limited_shows_their_contracts_alone() -> None:
    mine, other = a_company("Mine"), a_company("Other")
    a_contract(mine.connection, name="My contract")
    a_contract(other.connection, name="Foreign contract")
    user = User.objects.create_user(
        "lim@example.com", "lim@example.com", role=UserRole.VIEWER, scope=[mine.connection_id]
    )
    client = Client()
    client.force_login(user)
    shown = Client().get(path_of(address_from(client))).text
    assert "My contract" in shown
    assert "Foreign contract" not in shown


@pytest.mark.parametrize("token", ["x", "usher_calendar_", "usher_calendar_x"])
def test_a_wrong_address_shows_nothing(token: str) -> None:
    assert Client().get(f"/savings/feed/{token}.ics").status_code == 404


def test_who_guesses_addresses_is_slowed_down_and_a_right_one_still_works() -> None:
    right = path_of(address_from(signed_in(UserRole.VIEWER)))
    answers = [Client().get("/savings/feed/usher_calendar_guess.ics").status_code for _ in range(21)]
    assert answers == [404] * 20 + [429]
    assert Client().get(right).status_code == 200
