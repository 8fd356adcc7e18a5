"""Entries are appended without a gap, in the transaction of who calls, and can be neither changed nor deleted."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.conftest import ADA, AsOwner
from usher.access.models import User
from usher.ledger.actors import SYSTEM, Actor
from usher.ledger.chain import canonical, hash_of
from usher.ledger.models import Entry, Head
from usher.ledger.record import LedgerBroken, arecord, record
from usher.ledger.verify import Verification


def test_entries_are_numbered_from_one_and_each_carries_the_hash_of_the_one_before(
    three: list[Entry],
) -> None:
    assert [entry.number for entry in three] == [1, 2, 3]
    assert [entry.previous_hash for entry in three] == ["", three[0].hash, three[1].hash]
    assert (Head.objects.get().number, Head.objects.get().hash) == (3, three[2].hash)


def test_an_entry_says_who_what_when_why_before_and_after(db: None) -> None:
    began = datetime.now(UTC)
    record(
        ADA,
        "access.role_changed",
        "user 2: eve",
        reason="moved",
        before={"role": "viewer"},
        after={"role": "admin"},
    )
    kept = Entry.objects.get()
    assert (kept.actor_kind, kept.actor_name, kept.actor_user_id, kept.via) == (
        "person",
        "ada@example.com",
        1,
        "page",
    )
    assert (kept.action, kept.subject, kept.reason) == ("access.role_changed", "user 2: eve", "moved")
    assert (kept.before, kept.after) == ({"role": "viewer"}, {"role": "admin"})
    assert began <= kept.at <= datetime.now(UTC)


def test_what_rolls_back_leaves_neither_entry_nor_gap(three: list[Entry]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(ADA, "case.approved", "case 4")
        raise ZeroDivisionError
    assert record(ADA, "case.approved", "case 5").number == 4
    assert not list(Verification().problems())


@pytest.mark.django_db(transaction=True)
def test_many_who_append_at_once_get_one_number_each() -> None:
    def append() -> None:
        for _ in range(10):
            record(SYSTEM, "asana.user_removed", "somebody")
        connections.close_all()

    threads = [threading.Thread(target=append) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(Entry.objects.values_list("number", flat=True)) == list(range(1, 41))
    assert not list(Verification().problems())


@pytest.mark.django_db(transaction=True)
def test_who_finds_no_head_while_another_makes_the_first_entry_appends_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exists = QuerySet.exists
    others = [threading.Thread(target=lambda: (record(SYSTEM, "a.b", "first"), connections.close_all()))]

    def too_late(found: QuerySet[Entry]) -> bool:
        if found.model is Entry and others:
            other = others.pop()
            other.start()
            other.join(timeout=20)
        return exists(found)

    monkeypatch.setattr(QuerySet, "exists", too_late)
    assert record(SYSTEM, "a.b", "second").number == 2


@pytest.mark.django_db(transaction=True)
async def test_async_code_appends_too() -> None:
    assert (await arecord(SYSTEM, "asana.user_removed", "somebody")).number == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET reason = 'another' WHERE number = 2",
        "DELETE FROM ledger_entry WHERE number = 3",
        "DELETE FROM ledger_head",
    ],
)
def test_the_database_refuses_to_change_or_delete(three: list[Entry], sql: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert not list(Verification().problems())


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_head"])
def test_the_database_refuses_to_empty_the_ledger(three: list[Entry], table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {table} ENABLE TRIGGER ALL"
        )  # off in tests, which are emptied at their end
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table}")


def test_an_entry_outlives_the_account_that_made_it(db: None) -> None:
    eve = User.objects.create_user("eve@example.com")
    pk = eve.pk
    record(Actor("person", eve.username, pk), "case.approved", "case 1")
    eve.delete()
    assert (Entry.objects.get().actor_name, Entry.objects.get().actor_user_id) == ("eve@example.com", pk)
    assert not list(Verification().problems())


@pytest.mark.parametrize(
    "value",
    [{"price": 1.5}, {"day": datetime(2026, 1, 1, tzinfo=UTC)}, {1: "key"}, "\0", "\ud800", {"s": {1}}],
)
def test_what_might_come_back_another_way_is_refused(db: None, value: object) -> None:
    with pytest.raises(ValueError, match="ledger"):
        record(ADA, "case.approved", "case 1", after=value)  # type: ignore[arg-type]
    assert not Entry.objects.exists()


def test_without_its_head_nothing_is_appended(three: list[Entry], as_owner: AsOwner) -> None:
    as_owner("DELETE FROM ledger_head")
    with pytest.raises(LedgerBroken, match="verify"):
        record(ADA, "case.approved", "case 4")


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(subject=TEXT, reason=TEXT, before=VALUES, after=VALUES)
def test_whatever_is_kept_comes_back_from_the_database_with_the_same_hash(
    db: None, subject: str, reason: str, before: object, after: object
) -> None:
    kept = record(ADA, "case.approved", subject, reason=reason, before=before, after=after)  # type: ignore[arg-type]
    assert hash_of(Entry.objects.get(pk=kept.pk)) == kept.hash


def test_the_order_of_keys_does_not_matter() -> None:
    assert (
        canonical({"b": 1, "a": [True, None]})
        == canonical({"a": [True, None], "b": 1})
        == b'{"a":[true,null],"b":1}'
    )
