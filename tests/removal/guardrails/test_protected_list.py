"""Whom the list protects, counted for all entries at once."""

from collections.abc import Callable

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support.removal.company import a_company, people
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.connections.models import Mode
from usher.directory.models import PersonKey, Protected
from usher.removal.guardrails.page import protected_rows
from usher.removal.guardrails.protected_list import (
    always_protected,
    people_protected_by,
    people_protected_by_each,
)
from usher.roster.models import Person

pytestmark = pytest.mark.django_db


def protect(pattern: str) -> Protected:
    return Protected.objects.create(pattern=pattern, why=Protected.Why.OTHER, by="ada@example.com")


def queries_of(read: Callable[[], object]) -> int:
    with CaptureQueriesContext(database) as captured:
        read()
    return len(captured)


def test_all_entries_at_once_protect_the_same_people_as_each_alone() -> None:
    workspace = a_company()
    bots = people(workspace, 7, "Bot")
    people(workspace, 2, "Human")
    Person.objects.filter(pk=bots[0].pk).update(email="BOT.one@ACME.example")
    PersonKey.objects.create(person=bots[1], address="robot@acme.example")
    gone = Protected.objects.create(person_gid=bots[2].gid, why=Protected.Why.OTHER, by="ada@example.com")
    entries = [
        protect("bot*@acme.example"),
        protect("robot@acme.example"),
        protect("100%@acme.example"),
        protect("*@nowhere.example"),
        gone,
    ]
    together = people_protected_by_each(entries, 3)
    for entry in entries:
        alone = people_protected_by(entry)
        assert together[entry.pk].count == alone.count(), entry
        assert together[entry.pk].first == list(alone[:3]), entry
    assert together[entries[0].pk].count == 7


def test_the_list_costs_the_same_number_of_queries_for_2_and_for_20_entries() -> None:
    people(a_company(), 20)
    counts = []
    for first, last in ((1, 2), (3, 20)):
        for number in range(first, last + 1):
            protect(f"person{number:03}@acme.example")
        counts.append(queries_of(protected_rows))
    assert counts[0] == counts[1]
    assert [row.count for row in protected_rows()] == [1] * 20


def test_the_always_protected_cost_the_same_number_of_queries_for_2_and_for_20() -> None:
    def account_with_one_admin(number: int) -> None:
        connection = a_connection(f"Account {number}", mode=Mode.ACT, last_synced_at=timezone.now())
        workspace = a_workspace(connection, f"Acme {number}", f"acme{number}.example")
        a_member(workspace, f"Ada {number}", f"ada@acme{number}.example", role="admin")

    counts = []
    for first, last in ((1, 2), (3, 20)):
        for number in range(first, last + 1):
            account_with_one_admin(number)
        counts.append(queries_of(always_protected))
    assert counts[0] == counts[1]
    assert {one.why for one in always_protected()} == {
        f"Ada {number} is the last admin of Acme {number}." for number in range(1, 21)
    }
