"""Bringing matches up to date: for everybody, or for the few people whom a change of an employee concerns."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import cast

import msgspec
from django.db import transaction
from django.db.models import Q
from django.utils.functional import SimpleLazyObject

from usher.directory.locks import matching_alone, matching_shared
from usher.directory.matching.domains import company_domains, on_every_domain, stored_aliases
from usher.directory.matching.inputs import (
    addresses_in_use,
    decisions_by_person,
    employees_to_match,
    namesakes,
    people_resembling,
    people_to_match,
    possible_employees,
)
from usher.directory.matching.person_keys import (
    have_stale_keys,
    lock_people_with,
    locked_local_parts,
    refresh_person_keys,
)
from usher.directory.matching.rules import Matcher, addresses_of, count_namesakes
from usher.directory.matching.store import (
    STORED_COLUMNS,
    MatchesWritten,
    row_of,
    store_for,
    store_for_everybody,
)
from usher.directory.models import Employee, Match, PersonKey
from usher.directory.normalise import NormalForms
from usher.platform.scope import whole_installation


class ChangedForms(msgspec.Struct, frozen=True):
    """The normal forms of employees before and after a change. People who have one of them may match differently."""

    employees: list[int]
    addresses: list[str]
    local_parts: list[str]
    name_keys: list[str]

    @classmethod
    def of(cls, employees: Iterable[int], forms: Iterable[NormalForms]) -> "ChangedForms":
        """Of these employees, by primary key, who had or have these forms."""
        forms = list(forms)
        return cls(
            list(employees),
            sorted({address for each in forms for address in each.addresses}),
            sorted({local for each in forms for local in each.local_parts}),
            sorted({each.name_key for each in forms if each.name_key}),
        )


def stored_forms(employee: Employee) -> NormalForms:
    """What an employee matches by, the addresses of before included."""
    addresses = [*employee.addresses, *employee.past_addresses]
    return NormalForms(addresses, employee.local_parts, employee.name_key)


@whole_installation()
def bring_up_to_date(people: Iterable[int] | None = None, today: date | None = None) -> MatchesWritten:
    """Matches everybody, or the people with these primary keys. All or nothing; a second run writes nothing."""
    today = today or datetime.now(UTC).date()
    with transaction.atomic():
        if people is None:
            matching_alone()
            refresh_person_keys()
            return _match_everybody(today)
        people = set(people)
        begin_matching(people)
        return match_people(people, today)


@whole_installation()
def begin_matching(people: Collection[int]) -> None:
    """Takes matching's lock for people with these primary keys, first thing in a transaction that will match them.

    It is shared, unless normal forms must be stored: a change of an employee looks for people by these, and would miss
    somebody whose forms are not committed yet.
    """
    if have_stale_keys(people):
        matching_alone()
        refresh_person_keys(people)
    else:
        matching_shared()


@whole_installation()
def match_people(people: Iterable[int], today: date | None = None) -> MatchesWritten:
    """`bring_up_to_date`, for people and in a transaction that `begin_matching` has begun with."""
    return _match_some(sorted(set(people)), today or datetime.now(UTC).date(), stored_aliases())


@whole_installation()
def match_changed(changed: ChangedForms, today: date) -> MatchesWritten:
    """Matches the people whom a change of employees concerns. Inside its transaction, under matching's shared lock."""
    aliases = stored_aliases()
    addresses = on_every_domain(changed.addresses, aliases)
    people = people_resembling(changed.employees, addresses, changed.local_parts, changed.name_keys)
    return _match_some(people, today, aliases)


def shares_no_address(employee: Employee) -> bool:
    """Whether no other employee of the source has one of their addresses.

    Then their status does not matter for matching: it only decides between employees who had the same address one
    after the other. Somebody may be given the address in another transaction at this moment, so the people who have it
    in Asana are locked: either that transaction sees the new status, or this one sees the other employee.
    """
    addresses = on_every_domain(employee.addresses, stored_aliases())
    if employee.past_addresses:
        return False
    others = Employee.objects.filter(
        Q(addresses__overlap=addresses) | Q(past_addresses__overlap=addresses), source=employee.source_id
    ).exclude(pk=employee.pk)
    return not others.exists() and not (lock_people_with(addresses) and others.exists())


def _match_everybody(today: date) -> MatchesWritten:
    aliases = stored_aliases()
    people = list(people_to_match(PersonKey.objects.all()))
    matcher = Matcher(
        employees_to_match(Employee.objects.all(), today),
        aliases,
        company_domains(aliases),
        addresses_of(people, aliases),
        count_namesakes(people),
    )
    by_people = Match.objects.filter(Q(state=Match.State.REJECTED) | Q(how=Match.How.BY_HAND))
    decisions = decisions_by_person(
        by_people.values_list("person_id", "employee_id", "state", "how").iterator()
    )
    return store_for_everybody(
        row_of(result) for person in people for result in matcher.match(person, decisions.get(person.pk))
    )


def _match_some(pks: Sequence[int], today: date, aliases: dict[str, str]) -> MatchesWritten:
    if not pks:
        return MatchesWritten(0, 0, 0)
    # Two runs for the same people happen one after the other: each must see what the other has stored.
    keys = PersonKey.objects.filter(pk__in=pks)
    local_parts = locked_local_parts(keys)
    people = list(people_to_match(keys, few=True))
    stored = list(Match.objects.filter(person__in=pks).values_list(*STORED_COLUMNS))
    decisions = decisions_by_person(row[:4] for row in stored)
    employees = list(
        employees_to_match(possible_employees(people, local_parts, decisions, aliases), today, few=True)
    )
    matcher = Matcher(
        employees,
        aliases,
        # Only read if there is something to propose: most changes match by address.
        SimpleLazyObject(lambda: company_domains(aliases)),
        cast("set[tuple[int, str]]", SimpleLazyObject(lambda: addresses_in_use(employees, aliases))),
        cast("Counter[tuple[int, str]]", SimpleLazyObject(lambda: namesakes(people))),
    )
    rows = [row_of(result) for person in people for result in matcher.match(person, decisions.get(person.pk))]
    return store_for(pks, rows, stored)
