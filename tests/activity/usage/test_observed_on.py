"""The last day that Usher's own sources saw is kept beside the last use of all sources."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection as database

from tests.support.insights.reconciled import import_rows, row_of, seen
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import PersonUsage
from usher.activity.usage.compute import bring_up_to_date
from usher.activity.usage.figures import today_of
from usher.roster.models import Membership, Workspace

pytestmark = pytest.mark.django_db

FILL: str = import_module("usher.activity.migrations.0010_observed_on").FILL


@pytest.fixture
def org(db: None) -> Workspace:
    return a_workspace(a_connection("Acme", time_zone="UTC"), "Acme Inc", "acme.example")


@pytest.fixture
def members(org: Workspace) -> dict[str, Membership]:
    """Named for who has the later day. The robot worked later than anybody."""
    today = today_of(org.connection)
    people = {name: a_member(org, name) for name in ("Usher", "Console", "Only console", "Robot")}
    for name, days in (("Usher", 3), ("Console", 20)):
        seen(people[name], today - timedelta(days=days))
        seen(people[name], today - timedelta(days=40))
    seen(people["Robot"], today - timedelta(days=1), automated=True)
    days = {"Usher": 9, "Console": 9, "Only console": 9}
    rows = [row_of(people[name], today - timedelta(days=ago)) for name, ago in days.items()]
    import_rows(org.connection, today - timedelta(days=5), rows)
    bring_up_to_date(org.connection, today)
    return people


def days_ago(org: Workspace) -> dict[str, int | None]:
    today = today_of(org.connection)
    return {
        name: (today - day).days if day else None
        for name, day in PersonUsage.objects.values_list("person__name", "observed_on")
    }


EXPECTED = {"Usher": 3, "Console": 20, "Only console": None, "Robot": None}


def test_it_is_what_the_sources_saw_whichever_is_later(
    org: Workspace, members: dict[str, Membership]
) -> None:
    assert days_ago(org) == EXPECTED
    sources = dict(PersonUsage.objects.values_list("person__name", "last_used_source"))
    assert (sources["Usher"], sources["Console"]) == ("audit", "console")


def test_an_older_version_s_figures_get_it_with_the_update(
    org: Workspace, members: dict[str, Membership]
) -> None:
    PersonUsage.objects.update(observed_on=None)
    with database.cursor() as cursor:
        cursor.execute(FILL)
    assert days_ago(org) == EXPECTED
