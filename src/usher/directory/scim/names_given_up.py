"""What happens to a record when somebody else gets its user name, or when its person gets a new record."""

from datetime import UTC, datetime

from msgspec.structs import replace

from usher.directory.employees.store import past_addresses, record_of, store_locked
from usher.directory.limits import LONGEST_ADDRESS
from usher.directory.matching.update import ChangedForms, match_changed, stored_forms
from usher.directory.models import Employee, EmployeeChange, Match
from usher.directory.normalise import normal_address


def gave_up_name(employee: Employee) -> bool:
    """Whether somebody else has the user name now, or the person has another record.

    Such a record is of no one, unless it kept its external id: by that its person can return.
    """
    return employee.key.endswith(f"#{employee.pk}")


def give_up_name(holder: Employee, to: "frozenset[str]", external_id: str, seen_at: datetime) -> None:
    """Somebody who is off or deleted loses the user name and the addresses `to` (normal forms) to somebody new.

    They keep their history, and the addresses as those that they had.
    """
    record = record_of(holder)
    kept = [
        each for each in (record.email, *record.other_addresses) if each and normal_address(each) not in to
    ]
    store_locked(
        holder,
        replace(
            record,
            key=_key_without_name(holder),
            email=kept[0] if kept else "",
            other_addresses=tuple(kept[1:]),
            external_id="" if record.external_id == external_id else record.external_id,
        ),
        seen_at,
    )


def renumbered(employee: Employee) -> Employee:
    """The same employee, with all that belongs to them, under a new id. The old id is gone for good."""
    key, old = employee.key, employee.pk
    Employee.objects.filter(pk=old).update(key=f"#moved#{old}")
    moved = Employee.objects.get(pk=old)
    moved.pk, moved.key = None, key
    moved._state.adding = True
    moved.save()
    for relation in Employee._meta.related_objects:
        if not relation.many_to_many:
            name = relation.field.name
            relation.related_model._base_manager.filter(**{name: old}).update(**{name: moved.pk})
    Employee.objects.filter(pk=old).delete()
    return moved


def supersede(old: Employee, by: Employee, seen_at: datetime) -> None:
    """Two records are of one person, who got a new one. All that belongs to them moves to it.

    The old record stays for the client, which may still switch it off: nobody is meant by it any more.
    """
    forms = stored_forms(old)
    addresses = past_addresses([*old.past_addresses, *old.addresses, *by.past_addresses], by.addresses)
    Employee.objects.filter(pk=by.pk).update(
        past_addresses=addresses, first_seen_at=min(old.first_seen_at, by.first_seen_at)
    )
    by.past_addresses, by.first_seen_at = addresses, min(old.first_seen_at, by.first_seen_at)
    Match.objects.filter(employee=old, person__matches__employee=by).delete()
    Match.objects.filter(employee=old).exclude(how=Match.How.BY_HAND, state=Match.State.MATCHED).exclude(
        state=Match.State.REJECTED
    ).delete()
    Match.objects.filter(employee=old).update(employee=by)
    EmployeeChange.objects.filter(employee=old).update(employee=by)
    Employee.objects.filter(pk=old.pk).update(
        key=_key_without_name(old),
        external_id="",
        email="",
        other_addresses=[],
        addresses=[],
        local_parts=[],
        name_key="",
        past_addresses=[],
        is_active=False,
        ended_at=seen_at,
        changed_at=seen_at,
    )
    match_changed(ChangedForms.of([by.pk], [forms]), seen_at.astimezone(UTC).date())


def _key_without_name(employee: Employee) -> str:
    if gave_up_name(employee):
        return employee.key
    return f"{employee.key[: LONGEST_ADDRESS - 21]}#{employee.pk}"
