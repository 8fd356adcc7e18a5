"""Employees whom a source lists no more: a person says for each, or for all, whether they have left.

Absence from a list makes nobody a leaver. What a person says holds until a list has them again.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from usher.directory.employees.queries import not_listed
from usher.directory.locks import matching_alone, matching_shared, source_shared
from usher.directory.matching.update import ChangedForms, bring_up_to_date, match_changed, stored_forms
from usher.directory.models import Employee, EmployeeChange, Source
from usher.ledger.actors import Actor
from usher.ledger.record import record

CHUNK = 2_000
FEW = 100
NAMED = 20
"""So many are named in the ledger's entry; it has the number of all."""


def no_longer_listed(today: date) -> QuerySet[Employee]:
    """Those of whom nobody has said yet whether they left."""
    return Employee.objects.filter(not_listed(today)).select_related("source").order_by("name", "pk")


def they_have_left(actor: Actor, employees: Iterable[int], at: datetime) -> int:
    """Those of them, by primary key, who are no longer listed have left. Returns how many. Matches are up to date."""

    def accept(employee: Employee) -> tuple[str, list[str]]:
        employee.absence_accepted_at, employee.absence_accepted_by = at, actor.name[:320]
        return "absence_accepted", ["no", "yes"]

    asked = Q(is_listed=False, is_active=True, absence_accepted_at=None)
    return _answer(
        actor, employees, asked, accept, EmployeeChange.Kind.LEFT, "directory.absence_accepted", at
    )


def they_are_still_here(actor: Actor, employees: Iterable[int], at: datetime) -> int:
    """Those of them, by primary key, who are no longer listed work here, until a list says otherwise."""

    def take_back(employee: Employee) -> tuple[str, list[str]]:
        employee.is_listed, employee.ended_at = True, None
        employee.absence_accepted_at, employee.absence_accepted_by = None, ""
        return "is_listed", ["no", "yes"]

    asked = Q(is_listed=False, is_active=True)
    return _answer(
        actor, employees, asked, take_back, EmployeeChange.Kind.RETURNED, "directory.absence_refuted", at
    )


@transaction.atomic
def _answer(
    actor: Actor,
    employees: Iterable[int],
    asked: Q,
    answer: Callable[[Employee], tuple[str, list[str]]],
    kind: EmployeeChange.Kind,
    action: str,
    at: datetime,
) -> int:
    pks = sorted(set(employees))
    for source in (
        Source.objects.filter(employees__in=pks).distinct().order_by("pk").values_list("pk", flat=True)
    ):
        source_shared(source)
    if len(pks) > FEW:
        matching_alone()
    else:
        matching_shared()
    names: list[str] = []
    answered: list[Employee] = []
    for start in range(0, len(pks), CHUNK):
        rows = Employee.objects.filter(asked, pk__in=pks[start : start + CHUNK]).order_by("pk")
        those = list(rows.select_for_update(no_key=True))
        changes = []
        for employee in those:
            name, fields = answer(employee)
            employee.changed_at = at
            changes.append(EmployeeChange(employee=employee, kind=kind, fields={name: fields}, seen_at=at))
        changed = ["is_listed", "ended_at", "absence_accepted_at", "absence_accepted_by", "changed_at"]
        Employee.objects.bulk_update(those, changed)
        EmployeeChange.objects.bulk_create(changes)
        names += [f"employee {each.pk}: {each} <{each.email}>" for each in those[: NAMED - len(names)]]
        answered += those
    count = len(answered)
    if count:
        _match(answered, at.astimezone(UTC).date())
        subject = names[0] if count == 1 else f"{count} employees who were no longer listed"
        record(actor, action, subject[:500], after={"employees": count, "among them": names})
    return count


def _match(employees: list[Employee], today: date) -> None:
    """Only the people whom they concern, where they are few."""
    if len(employees) > FEW:
        bring_up_to_date(today=today)
        return
    match_changed(ChangedForms.of([each.pk for each in employees], map(stored_forms, employees)), today)
