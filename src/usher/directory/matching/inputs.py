"""What the rules of matching compare, read from the database: people, employees, and earlier decisions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from typing import LiteralString

from django.db import connection as database
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from usher.directory.matching.domains import on_every_domain
from usher.directory.matching.rules import Decision, EmployeeToMatch, PersonToMatch
from usher.directory.models import Employee, Match, PersonKey
from usher.directory.normalise import canonical
from usher.roster.models import Membership, Status

CHUNK = 5_000
MOST_WITH_SAME_NAME = 500
"""People with the same name or local part. Only proposals depend on these; the rest wait for a whole matching."""

PEOPLE_RESEMBLING: LiteralString = """
    SELECT person_id FROM directory_personkey WHERE address = ANY(%s)
    UNION (SELECT person_id FROM directory_personkey WHERE local_part = ANY(%s) ORDER BY person_id LIMIT %s)
    UNION (SELECT person_id FROM directory_personkey WHERE name_key = ANY(%s) ORDER BY person_id LIMIT %s)
    UNION SELECT person_id FROM directory_match WHERE employee_id = ANY(%s)
    ORDER BY 1
"""


def people_resembling(
    employees: list[int], addresses: list[str], local_parts: list[str], name_keys: list[str]
) -> list[int]:
    """People who are matched with these employees, or who have one of these normal forms."""
    parameters: list[list[str] | list[int] | int] = [
        addresses,
        local_parts,
        MOST_WITH_SAME_NAME,
        name_keys,
        MOST_WITH_SAME_NAME,
        employees,
    ]
    with database.cursor() as cursor:
        cursor.execute(PEOPLE_RESEMBLING, parameters)
        return [person for (person,) in cursor.fetchall()]


def people_to_match(keys: QuerySet[PersonKey], *, few: bool = False) -> Iterator[PersonToMatch]:
    """`few`: read at once instead of in chunks."""
    active = Membership.objects.filter(person=OuterRef("pk"), status=Status.ACTIVE)
    rows = keys.annotate(is_here=Exists(active)).values_list(
        "pk", "person__connection_id", "address", "name_key", "is_here"
    )
    return (PersonToMatch(*row) for row in (rows if few else rows.iterator(chunk_size=CHUNK)))


def employees_to_match(
    employees: QuerySet[Employee], today: date, *, few: bool = False
) -> Iterator[EmployeeToMatch]:
    """`few`: read at once instead of in chunks."""
    rows = employees.values_list(
        "pk",
        "source_id",
        "source__rank",
        "addresses",
        "name_key",
        "is_active",
        "is_listed",
        "absence_accepted_at",
        "last_day",
        "ended_at",
        "past_addresses",
        "source__connections",
    )
    for (
        pk,
        source,
        rank,
        addresses,
        name_key,
        is_active,
        is_listed,
        accepted,
        last_day,
        ended,
        past,
        some,
    ) in rows if few else rows.iterator(chunk_size=CHUNK):
        left_on = None
        gone = not is_active or (not is_listed and accepted is not None)
        if gone or (last_day is not None and last_day < today):
            days = [last_day, ended.astimezone(UTC).date() if ended else None]
            left_on = min((day for day in days if day is not None), default=date.min)
        is_known = is_listed or not is_active
        scope = None if some is None else frozenset(some)
        yield EmployeeToMatch(
            pk, source, rank, tuple(addresses), name_key, left_on, tuple(past), is_known, scope
        )


def decisions_by_person(matches: Iterable[tuple[int, int, str, str]]) -> dict[int, dict[int, Decision]]:
    """What people have decided, from matches as (person, employee, state, how): person → employee → decision."""
    decisions: dict[int, dict[int, Decision]] = {}
    for person, employee, state, how in matches:
        if state == Match.State.REJECTED:
            decisions.setdefault(person, {})[employee] = Decision.NOT_THE_SAME
        elif state == Match.State.MATCHED and how == Match.How.BY_HAND:
            decisions.setdefault(person, {})[employee] = Decision.SAME
    return decisions


def possible_employees(
    people: Sequence[PersonToMatch],
    local_parts: Iterable[str],
    decisions: Mapping[int, Mapping[int, Decision]],
    aliases: Mapping[str, str],
) -> QuerySet[Employee]:
    """Every employee whom these people could be."""
    addresses = on_every_domain([each.address for each in people if each.address], aliases)
    return Employee.objects.filter(
        Q(addresses__overlap=addresses)
        | Q(past_addresses__overlap=addresses)
        | Q(local_parts__overlap=[each for each in local_parts if each])
        | Q(name_key__in={each.name_key for each in people if each.name_key})
        | Q(pk__in={employee for decided in decisions.values() for employee in decided})
    )


def addresses_in_use(
    employees: Iterable[EmployeeToMatch], aliases: Mapping[str, str]
) -> set[tuple[int, str]]:
    """Which of the employees' addresses people in Asana have, as (connection, canonical address)."""
    addresses = on_every_domain((a for each in employees for a in each.addresses), aliases)
    rows = PersonKey.objects.filter(address__in=addresses).values_list("person__connection_id", "address")
    return {(connection, canonical(address, aliases)) for connection, address in rows}


def namesakes(people: Iterable[PersonToMatch]) -> Counter[tuple[int, str]]:
    """How many active people have these names, by (connection, name)."""
    names = {each.name_key for each in people if each.name_key}
    active = Membership.objects.filter(person=OuterRef("pk"), status=Status.ACTIVE)
    rows = (
        PersonKey.objects.filter(Exists(active), name_key__in=names)
        .values("name_key", connection=F("person__connection_id"))
        .annotate(people=Count("pk"))
    )
    return Counter({(row["connection"], row["name_key"]): row["people"] for row in rows})
