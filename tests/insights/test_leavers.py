"""Leavers on the dashboard."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.test import Client
from django.utils import timezone

from tests.support.removal.leaving import approved_case, leaves, may_act, no_waiting, ordinary_people, run_now
from tests.support.roster.syncing import sync_now
from usher.connections.models import Connection
from usher.directory.employment.status import LEAVER_GROUPS
from usher.insights.leavers import leaver_figures, removed_by_month, still_here
from usher.removal.leavers.figures import LeaverTab, figures_of
from usher.removal.leavers.query import leavers
from usher.removal.models import Case, Target
from usher.roster.models import Licence, SeatPrice
from usher.web.money import money_by_currency


def company_with_leavers(connection: Connection) -> Connection:
    """Three left ten days ago; one of them has been seen out."""
    sync_now(connection)
    connection.refresh_from_db()
    may_act(connection)
    no_waiting()
    today = timezone.localdate()
    for person in ordinary_people(connection, 3):
        leaves(person, last_day=today - timedelta(days=10))
    approved_case(ordinary_people(connection, 3)[0])
    assert run_now(connection).done == 1
    return connection


def test_it_counts_who_left_and_still_sits_in_asana_and_what_was_freed(connection: Connection) -> None:
    company_with_leavers(connection)
    SeatPrice.objects.create(connection=connection, amount=Decimal("10.50"), currency="EUR")
    found = leaver_figures(connection, timezone.localdate())
    assert (found.left, found.leaving, found.longest, found.removed) == (2, 0, 10, 1)
    freed = Target.objects.filter(case__state="done", licence=Licence.MEMBER).count()
    assert (found.freed_seats, found.freed) == (freed, {"EUR": freed * Decimal("10.50")})
    assert found.now.cost == {"EUR": found.now.seats * Decimal("10.50")}


def test_what_is_told_of_leavers_is_what_their_list_says(connection: Connection) -> None:
    company_with_leavers(connection)
    today = timezone.localdate()
    there = ordinary_people(connection, 9)
    leaves(there[3])
    for person, days in ((there[4], 5), (there[5], 0), (there[6], -1)):
        employee = leaves(person, last_day=today + timedelta(days=days))
        employee.is_active, employee.ended_at = True, None
        employee.save()
    SeatPrice.objects.create(connection=connection, amount=Decimal("10.50"), currency="EUR")
    in_list = figures_of(leavers(None, today).filter(group__in=LEAVER_GROUPS))
    for chosen in (connection, None):
        told = still_here(chosen, today)
        assert told == (
            in_list.left,
            in_list.counts[LeaverTab.LEAVING],
            in_list.seats,
            in_list.cost,
            in_list.oldest,
        )
    assert (told.left, told.leaving) == (4, 2)
    connection.disconnected_at = timezone.now()
    connection.save()
    assert still_here(None, today) == (0, 0, 0, {}, None), "of a disconnected account nothing can be removed"


def test_the_time_from_leaving_to_removed_runs_from_the_end_of_the_last_day(connection: Connection) -> None:
    company_with_leavers(connection)
    case = Case.objects.get()
    assert case.connection
    zone = ZoneInfo(case.connection.time_zone)
    last_day = date(2026, 11, 2)
    case.last_day = last_day
    case.finished_at = datetime(2026, 11, 4, 6, 30, tzinfo=zone)
    case.save()
    found = leaver_figures(connection, date(2026, 11, 24))
    assert found.median_time == timedelta(days=1, hours=6, minutes=30)
    assert found.median_words == "1 d 6 h"


def test_removals_are_drawn_by_the_month_in_which_they_were_done(connection: Connection) -> None:
    company_with_leavers(connection)
    Case.objects.update(finished_at=datetime(2026, 9, 15, tzinfo=ZoneInfo("UTC")))
    chart = removed_by_month(connection, date(2026, 11, 24))
    assert chart["categories"][0] == "Dec 2025"  # type: ignore[index]
    assert chart["categories"][-1] == "Nov 2026"  # type: ignore[index]
    removed = chart["series"][0]["values"]  # type: ignore[index]
    assert removed == [0] * 9 + [1, 0, 0]


def test_the_dashboard_shows_leavers_once_there_is_a_directory(
    connection: Connection, browser: Client
) -> None:
    sync_now(connection)
    assert 'id="leavers"' not in browser.get("/").content.decode()
    company_with_leavers(connection)
    page = browser.get("/").content.decode()
    assert 'id="leavers"' in page
    assert "the longest for 10 days" in page


def test_money_is_told_by_currency() -> None:
    assert money_by_currency({"USD": Decimal("1234.5"), "EUR": Decimal("2")}) == "2 EUR and 1,234.50 USD"
