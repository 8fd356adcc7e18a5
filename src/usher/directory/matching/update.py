"""Bringing matches up to date: of everybody, or of the few whom a change of an employee touches.

What is found is compared with what is stored, and only the differences are written. What people have decided by hand
is theirs: it is read, and never written here but for whether it counts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import LiteralString, cast

import msgspec
from django.db import connection as database
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from usher.directory.employees.records import Comparable
from usher.directory.locks import matching_alone, matching_shared
from usher.directory.matching.normalise import canonical, normal_domain, resolved
from usher.directory.matching.person_keys import refresh_person_keys
from usher.directory.matching.rules import (
    Decision,
    EmployeeToMatch,
    Matcher,
    MatchResult,
    PersonToMatch,
    addresses_of,
    count_namesakes,
)
from usher.directory.models import DomainAlias, Employee, Match, PersonKey
from usher.roster.models import Membership, Status, Workspace

Parameters = dict[str, list[int | str | bool] | list[int] | datetime | None]

CHUNK = 5_000
MOST_TOUCHED = 500
"""Of people with the same name or local part, whose proposals alone depend on it; the daily run sees to the rest."""

MAKE_WANTED: LiteralString = """
    CREATE TEMPORARY TABLE wanted_match (
        person_id bigint, employee_id bigint, state text, how text, reason text, counts boolean
    ) ON COMMIT DROP
"""

COPY_WANTED: LiteralString = (
    "COPY wanted_match (person_id, employee_id, state, how, reason, counts) FROM STDIN"
)

WANTED_ROWS: LiteralString = """
    WITH wanted_match AS (
        SELECT * FROM unnest(
            %(person)s::bigint[], %(employee)s::bigint[], %(state)s::text[], %(how)s::text[], %(reason)s::text[],
            %(counts)s::boolean[]
        ) AS given (person_id, employee_id, state, how, reason, counts)
    )
"""

FORGET: LiteralString = """
    DELETE FROM directory_match known
    WHERE known.state <> 'rejected' AND known.how <> 'hand'
      AND (%(people)s::bigint[] IS NULL OR known.person_id = ANY(%(people)s::bigint[]))
      AND NOT EXISTS (
          SELECT FROM wanted_match wanted
          WHERE wanted.person_id = known.person_id AND wanted.employee_id = known.employee_id
      )
"""

# Before another takes its place: only one match of a person counts at any time.
COUNT_NO_MORE: LiteralString = """
    UPDATE directory_match known SET counts = FALSE
    WHERE known.counts
      AND (%(people)s::bigint[] IS NULL OR known.person_id = ANY(%(people)s::bigint[]))
      AND NOT EXISTS (
          SELECT FROM wanted_match wanted
          WHERE wanted.person_id = known.person_id AND wanted.employee_id = known.employee_id AND wanted.counts
      )
"""

CHANGE: LiteralString = """
    UPDATE directory_match known SET
        state = wanted.state, how = wanted.how, counts = wanted.counts,
        reason = CASE known.how WHEN 'hand' THEN known.reason ELSE wanted.reason END,
        made_at = CASE known.state WHEN wanted.state THEN known.made_at ELSE %(now)s END
    FROM wanted_match wanted
    WHERE wanted.person_id = known.person_id AND wanted.employee_id = known.employee_id
      AND known.state <> 'rejected'
      AND (known.state, known.how, known.counts, CASE known.how WHEN 'hand' THEN '' ELSE known.reason END)
          <> (wanted.state, wanted.how, wanted.counts, CASE known.how WHEN 'hand' THEN '' ELSE wanted.reason END)
"""

ADD: LiteralString = """
    INSERT INTO directory_match (person_id, employee_id, state, how, reason, counts, by, made_at)
    SELECT wanted.person_id, wanted.employee_id, wanted.state, wanted.how, wanted.reason, wanted.counts, '', %(now)s
    FROM wanted_match wanted
    WHERE NOT EXISTS (
        SELECT FROM directory_match known
        WHERE known.person_id = wanted.person_id AND known.employee_id = wanted.employee_id
    )
    ORDER BY wanted.person_id, wanted.employee_id
"""


PEOPLE_TOUCHED: LiteralString = """
    SELECT person_id FROM directory_personkey WHERE address = ANY(%s)
    UNION (SELECT person_id FROM directory_personkey WHERE local_part = ANY(%s) ORDER BY person_id LIMIT %s)
    UNION (SELECT person_id FROM directory_personkey WHERE name_key = ANY(%s) ORDER BY person_id LIMIT %s)
    UNION SELECT person_id FROM directory_match WHERE employee_id = ANY(%s)
    ORDER BY 1
"""

STORED = ("person_id", "employee_id", "state", "how", "reason", "counts")
"""A match as `_row` gives one that is wanted."""


class MatchesWritten(msgspec.Struct, frozen=True):
    """How many matches and proposals were made, changed and taken back."""

    made: int
    changed: int
    taken_back: int

    @property
    def total(self) -> int:
        return self.made + self.changed + self.taken_back


class ChangedForms(msgspec.Struct, frozen=True):
    """What of employees has changed: people in Asana who resemble it, or are matched with them, are touched."""

    employees: list[int]
    addresses: list[str]
    local_parts: list[str]
    name_keys: list[str]

    @classmethod
    def by(cls, employee: int, *compared: Comparable) -> "ChangedForms":
        """One employee as they were and as they are."""
        return cls(
            [employee],
            sorted({address for each in compared for address in each.addresses}),
            sorted({local for each in compared for local in each.local_parts}),
            sorted({each.name_key for each in compared if each.name_key}),
        )


def bring_up_to_date(people: Iterable[int] | None = None, today: date | None = None) -> MatchesWritten:
    """Matches everybody, or the people of these primary keys. All or nothing; a second run writes nothing."""
    today = today or datetime.now(UTC).date()
    with transaction.atomic():
        if people is None:
            matching_alone()
            refresh_person_keys()
            return _match_everybody(today)
        matching_shared()
        pks = sorted(set(people))
        refresh_person_keys(pks)
        return _match_some(pks, today, aliases())


def match_touched(touched: ChangedForms, today: date) -> MatchesWritten:
    """Matches whom a change of employees touches. Inside its transaction, under the shared lock of matching."""
    known_aliases = aliases()
    return _match_some(_people_touched(touched, known_aliases), today, known_aliases)


def has_addresses_alone(employee: Employee) -> bool:
    """Whether no other employee of the source has an address of theirs. Then it is the same for matching whether they
    work here: that only tells apart those who had an address one after the other.
    """
    addresses = _with_aliases(employee.addresses, aliases())
    others = Employee.objects.filter(source=employee.source_id, addresses__overlap=addresses)
    return not others.exclude(pk=employee.pk).exists()


def aliases() -> dict[str, str]:
    return resolved(DomainAlias.objects.values_list("alias", "domain"))


def company_domains(aliases: dict[str, str]) -> set[str]:
    """The domains that Asana knows as those of the connected organizations."""
    found = Workspace.objects.filter(is_organization=True).values_list("email_domains", flat=True)
    normal = {normal_domain(domain) for domains in found for domain in domains}
    return normal | {aliases.get(domain, domain) for domain in normal}


def _match_everybody(today: date) -> MatchesWritten:
    known_aliases = aliases()
    people = list(_people(PersonKey.objects.all()))
    matcher = Matcher(
        _employees(Employee.objects.all(), today),
        known_aliases,
        company_domains(known_aliases),
        addresses_of(people, known_aliases),
        count_namesakes(people),
    )
    by_people = Match.objects.filter(Q(state=Match.State.REJECTED) | Q(how=Match.How.BY_HAND))
    decided = _decided(by_people.values_list("person_id", "employee_id", "state", "how").iterator())
    with database.cursor() as cursor:
        cursor.execute(MAKE_WANTED)
        with cursor.copy(COPY_WANTED) as copy:
            for person in people:
                for found in matcher.match(person, decided.get(person.pk)):
                    copy.write_row(_row(found))
        cursor.execute("CREATE INDEX ON wanted_match (person_id, employee_id)")
        cursor.execute("ANALYZE wanted_match")
        written = _write("", {"people": None})
        cursor.execute("DROP TABLE wanted_match")
    return written


def _match_some(people: Sequence[int], today: date, known_aliases: dict[str, str]) -> MatchesWritten:
    if not people:
        return MatchesWritten(0, 0, 0)
    # One after the other for the same people: each must see what the others found.
    keys = PersonKey.objects.filter(pk__in=people)
    locals_ = list(keys.order_by("pk").select_for_update().values_list("local_part", flat=True))
    persons = list(_people(keys, few=True))
    known = list(Match.objects.filter(person__in=people).values_list(*STORED))
    decided = _decided((person, employee, state, how) for person, employee, state, how, _, _ in known)
    candidates = _candidates(persons, locals_, decided, known_aliases)
    employees = list(_employees(candidates, today, few=True))
    matcher = Matcher(
        employees,
        known_aliases,
        # Asked for only where there is something to propose: most changes match by address.
        SimpleLazyObject(lambda: company_domains(known_aliases)),
        cast("set[tuple[int, str]]", SimpleLazyObject(lambda: _taken(employees, known_aliases))),
        cast("Counter[tuple[int, str]]", SimpleLazyObject(lambda: _namesakes(persons))),
    )
    rows = [_row(found) for person in persons for found in matcher.match(person, decided.get(person.pk))]
    if set(rows) == {row for row in known if row[2] != Match.State.REJECTED}:
        return MatchesWritten(0, 0, 0)
    columns = zip(*rows, strict=True) if rows else [()] * 6
    names = ("person", "employee", "state", "how", "reason", "counts")
    parameters: Parameters = {name: list(column) for name, column in zip(names, columns, strict=True)}
    return _write(WANTED_ROWS, {**parameters, "people": list(people)}, only_new=not known)


def _write(source: LiteralString, parameters: Parameters, *, only_new: bool = False) -> MatchesWritten:
    """`only_new`: nothing is stored yet that could be changed or taken back."""
    parameters = {**parameters, "now": timezone.now()}
    with database.cursor() as cursor:
        if only_new:
            cursor.execute(source + ADD, parameters)
            return MatchesWritten(cursor.rowcount, 0, 0)
        cursor.execute(source + FORGET, parameters)
        taken_back = cursor.rowcount
        cursor.execute(source + COUNT_NO_MORE, parameters)
        cursor.execute(source + CHANGE, parameters)
        changed = cursor.rowcount
        cursor.execute(source + ADD, parameters)
        return MatchesWritten(cursor.rowcount, changed, taken_back)


def _row(found: MatchResult) -> tuple[int, int, str, str, str, bool]:
    state = Match.State.MATCHED if found.is_match else Match.State.PROPOSED
    return found.person, found.employee, state.value, found.how, found.reason[:255], found.counts


def _people(keys: QuerySet[PersonKey], *, few: bool = False) -> Iterator[PersonToMatch]:
    here = Membership.objects.filter(person=OuterRef("pk"), status=Status.ACTIVE)
    rows = keys.annotate(is_here=Exists(here)).values_list(
        "pk", "person__connection_id", "address", "name_key", "is_here"
    )
    return (PersonToMatch(*row) for row in (rows if few else rows.iterator(chunk_size=CHUNK)))


def _employees(found: QuerySet[Employee], today: date, *, few: bool = False) -> Iterator[EmployeeToMatch]:
    rows = found.values_list(
        "pk",
        "source_id",
        "source__rank",
        "addresses",
        "name_key",
        "is_active",
        "is_listed",
        "last_day",
        "ended_at",
    )
    for pk, source, rank, addresses, name_key, is_active, is_listed, last_day, ended in (
        rows if few else rows.iterator(chunk_size=CHUNK)
    ):
        left_on = None
        if not (is_active and is_listed) or (last_day is not None and last_day < today):
            days = [last_day, ended.astimezone(UTC).date() if ended else None]
            left_on = min((day for day in days if day is not None), default=date.min)
        yield EmployeeToMatch(pk, source, rank, tuple(addresses), name_key, left_on)


def _decided(matches: Iterable[tuple[int, int, str, str]]) -> dict[int, dict[int, Decision]]:
    """By people, of matches as (person, employee, state, how)."""
    decided: dict[int, dict[int, Decision]] = {}
    for person, employee, state, how in matches:
        if state == Match.State.REJECTED:
            decided.setdefault(person, {})[employee] = Decision.NOT_THE_SAME
        elif state == Match.State.MATCHED and how == Match.How.BY_HAND:
            decided.setdefault(person, {})[employee] = Decision.SAME
    return decided


def _people_touched(touched: ChangedForms, known_aliases: dict[str, str]) -> list[int]:
    parameters: list[list[str] | list[int] | int] = [
        _with_aliases(touched.addresses, known_aliases),
        touched.local_parts,
        MOST_TOUCHED,
        touched.name_keys,
        MOST_TOUCHED,
        touched.employees,
    ]
    with database.cursor() as cursor:
        cursor.execute(PEOPLE_TOUCHED, parameters)
        return [person for (person,) in cursor.fetchall()]


def _with_aliases(addresses: Iterable[str], known_aliases: dict[str, str]) -> list[str]:
    """Every address that is the same as one of these, on whichever domain of the company."""
    alike: dict[str, set[str]] = {}
    for alias, domain in known_aliases.items():
        alike.setdefault(domain, {domain}).add(alias)
    found = set()
    for address in addresses:
        local, _, domain = canonical(address, known_aliases).rpartition("@")
        found |= {f"{local}@{other}" for other in alike.get(domain, {domain})}
    return sorted(found)


def _candidates(
    persons: Sequence[PersonToMatch],
    locals_: Iterable[str],
    decided: dict[int, dict[int, Decision]],
    known_aliases: dict[str, str],
) -> QuerySet[Employee]:
    """Every employee who could matter to these people."""
    addresses = _with_aliases([each.address for each in persons if each.address], known_aliases)
    return Employee.objects.filter(
        Q(addresses__overlap=addresses)
        | Q(local_parts__overlap=[each for each in locals_ if each])
        | Q(name_key__in={each.name_key for each in persons if each.name_key})
        | Q(pk__in={employee for said in decided.values() for employee in said})
    )


def _taken(employees: Iterable[EmployeeToMatch], known_aliases: dict[str, str]) -> set[tuple[int, str]]:
    addresses = _with_aliases((a for each in employees for a in each.addresses), known_aliases)
    rows = PersonKey.objects.filter(address__in=addresses).values_list("person__connection_id", "address")
    return {(connection, canonical(address, known_aliases)) for connection, address in rows}


def _namesakes(persons: Iterable[PersonToMatch]) -> Counter[tuple[int, str]]:
    names = {each.name_key for each in persons if each.name_key}
    here = Membership.objects.filter(person=OuterRef("pk"), status=Status.ACTIVE)
    rows = (
        PersonKey.objects.filter(Exists(here), name_key__in=names)
        .values("name_key", connection=F("person__connection_id"))
        .annotate(people=Count("pk"))
    )
    return Counter({(row["connection"], row["name_key"]): row["people"] for row in rows})
