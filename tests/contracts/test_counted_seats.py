"""Seats in use on past days, from the counts of several workspaces."""

from datetime import date

import pytest

from tests.support.contracts.agreed import seats_were
from tests.support.roster.people import a_connection, a_workspace
from usher.contracts.seats.counting import CoveredWorkspaces, on_day, seats_by_day
from usher.roster.models import Licence

pytestmark = pytest.mark.django_db


def test_between_two_counts_of_a_workspace_the_earlier_one_holds() -> None:
    connection = a_connection()
    one, two = a_workspace(connection, "One", "one.example"), a_workspace(connection, "Plain")
    never_counted = a_workspace(connection, "Empty", "empty.example")
    seats_were(one, date(2026, 1, 1), 10)
    seats_were(two, date(2026, 1, 3), 5)
    seats_were(two, date(2026, 1, 3), 2, Licence.GUEST)
    seats_were(one, date(2026, 1, 5), 8)
    seats_were(one, date(2026, 1, 5), 99, Licence.GUEST)
    seats_were(one, date(2026, 1, 7), 99, Licence.VIEW_ONLY)
    counts = seats_by_day(CoveredWorkspaces((one, two, never_counted)), Licence.MEMBER)
    assert counts == {date(2026, 1, 3): 17, date(2026, 1, 5): 15, date(2026, 1, 7): 7}
    at = on_day(counts)
    assert [at(date(2026, 1, day)) for day in (2, 3, 4, 9)] == [None, 17, 17, 7]
