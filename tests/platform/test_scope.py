"""The database shows a limited scope its own rows, however they are asked for."""

import asyncio
from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection, transaction
from django.db.models import Count

from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.connections.models import Connection
from usher.platform.postgres.row_security import scoped_role_problem
from usher.platform.scope import EVERYTHING, Scope, each_seen_with, enter_scope, seen_with, whole_installation
from usher.roster.models import Membership, Person, Workspace


class TwoCompanies:
    def __init__(self) -> None:
        self.acme, self.beta = a_connection("Acme"), a_connection("Beta")
        self.ada = a_member(a_workspace(self.acme), "Ada", "ada@acme.example").person
        self.bob = a_member(a_workspace(self.beta), "Bob", "bob@beta.example").person
        self.scope = Scope.of([self.acme.pk])


@pytest.fixture
def two(db: None) -> Iterator[TwoCompanies]:
    with seen_with(EVERYTHING):
        yield TwoCompanies()


def names() -> list[str]:
    return sorted(Person.objects.values_list("name", flat=True))


def test_whoever_is_not_limited_sees_all(two: TwoCompanies) -> None:
    assert names() == ["Ada", "Bob"]


def test_a_limited_scope_sees_its_own_by_every_way(two: TwoCompanies) -> None:
    with seen_with(two.scope):
        assert names() == ["Ada"]
        assert Person._base_manager.count() == Membership.objects.count() == Workspace.objects.count() == 1
        assert not two.beta.people.exists()
        assert list(Membership.objects.values_list("person__connection__name", flat=True)) == ["Acme"]
        assert not Workspace.objects.prefetch_related("memberships").filter(name="Beta Inc")
        assert Connection.objects.aggregate(people=Count("people"))["people"] == 1
        with pytest.raises(Person.DoesNotExist):
            two.bob.refresh_from_db()
        assert not Person.objects.filter(pk=two.bob.pk).update(name="Robert")
        assert Person.objects.get_or_create(connection=two.acme, gid=two.ada.gid)[1] is False


def test_also_by_sql_of_ones_own_and_by_copy(two: TwoCompanies) -> None:
    with seen_with(two.scope), connection.cursor() as cursor:
        cursor.execute("SELECT name FROM roster_person")
        assert cursor.fetchall() == [("Ada",)]
        with cursor.copy("COPY (SELECT name FROM roster_person) TO STDOUT") as copied:
            assert b"".join(copied) == b"Ada\n"
        cursor.execute("SELECT count(*) FROM connections_connection")
        assert cursor.fetchone() == (1,)


def test_and_by_a_cursor_of_the_server(two: TwoCompanies) -> None:
    with seen_with(two.scope):
        assert [person.name for person in Person.objects.iterator(chunk_size=1)] == ["Ada"]


def test_nobody_writes_into_another_connection(two: TwoCompanies) -> None:
    with seen_with(two.scope), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Person.objects.create(connection=two.beta, gid="77", name="Eve")


def test_an_empty_scope_sees_nothing(two: TwoCompanies) -> None:
    with seen_with(Scope.of([])):
        assert names() == []


def test_a_verb_of_the_whole_installation_sees_all_and_gives_the_scope_back(two: TwoCompanies) -> None:
    with seen_with(two.scope):
        with whole_installation():
            assert names() == ["Ada", "Bob"]
        assert names() == ["Ada"]
        with pytest.raises(ValueError), whole_installation():
            raise ValueError
        assert names() == ["Ada"]


def test_a_rollback_does_not_give_the_whole_installation_back(two: TwoCompanies) -> None:
    """PostgreSQL undoes settings with the savepoint in which they were made."""

    def enter_and_fail() -> None:
        with transaction.atomic():
            enter_scope(two.scope)
            assert names() == ["Ada"]
            raise ValueError

    with seen_with(EVERYTHING):
        with pytest.raises(ValueError):
            enter_and_fail()
        assert names() == ["Ada"]


def test_nor_does_a_statement_that_failed(two: TwoCompanies) -> None:
    with seen_with(two.scope):
        with pytest.raises(DatabaseError), transaction.atomic(), whole_installation():
            Person.objects.extra(where=["no_such_column"]).first()
        assert names() == ["Ada"]


def test_what_is_streamed_after_the_request_keeps_its_scope(two: TwoCompanies) -> None:
    rows = each_seen_with(two.scope, (name for _ in range(2) for name in names()))
    assert next(rows) == "Ada"
    assert names() == ["Ada", "Bob"]
    assert list(rows) == ["Ada"]


@pytest.mark.django_db(transaction=True)
def test_a_new_session_of_the_database_begins_in_the_scope() -> None:
    two = TwoCompanies()
    with seen_with(two.scope):
        assert names() == ["Ada"]
        connection.close()
        assert names() == ["Ada"]
        assert asyncio.run(sync_to_async(names)()) == ["Ada"]
        with pytest.raises(ValueError), transaction.atomic():
            raise ValueError
        assert names() == ["Ada"]
    assert names() == ["Ada", "Bob"]


def test_limits_work_here(two: TwoCompanies) -> None:
    assert scoped_role_problem() == ""


@pytest.mark.parametrize(
    ("mine", "others", "covers", "within"),
    [
        (None, None, True, None),
        (None, [1], True, [1]),
        ([1, 2], [1], True, [1]),
        ([1], [1, 2], False, [1]),
        ([1], None, False, [1]),
        ([], [1], False, []),
        ([], [], True, []),
    ],
)
def test_what_one_scope_has_of_another(
    mine: list[int] | None, others: list[int] | None, covers: bool, within: list[int] | None
) -> None:
    assert Scope.of(mine).covers(Scope.of(others)) == covers
    assert Scope.of(mine).within(Scope.of(others)) == Scope.of(within)
