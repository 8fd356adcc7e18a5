"""The managers of people, if they are in the same Asana account."""

from collections.abc import Collection

from django.db.models import Q

from usher.directory.matching.normalise import normal_address
from usher.directory.models import Employee, Match, PersonKey
from usher.roster.models import Person, Status


def managers_of(people: Collection[Person]) -> dict[int, Person]:
    """By the person's key. Only managers whom the directory names and who are active in the same account.

    `people` come from `leavers` or `people_with_details`.
    """
    employee_of = {person.pk: vars(person)["employee_id"] for person in people}
    employees = Employee.objects.exclude(manager="").in_bulk({pk for pk in employee_of.values() if pk})
    if not employees:
        return {}
    bosses = _employees_named(employees.values())
    connections = {person.connection_id for person in people}
    matched = _people_matched(set(bosses.values()), connections)
    addressed = _people_addressed([normal_address(one.manager) for one in employees.values()], connections)
    managers: dict[int, Person] = {}
    for person in people:
        employee = employees.get(employee_of[person.pk])
        if employee is None:
            continue
        boss = bosses.get((employee.source_id, _key(employee.manager)), 0)
        manager = matched.get((person.connection_id, boss)) or addressed.get(
            (person.connection_id, normal_address(employee.manager))
        )
        if manager is not None and manager.pk != person.pk:
            managers[person.pk] = manager
    return managers


def _employees_named(employees: Collection[Employee]) -> dict[tuple[int, str], int]:
    """By source and by any name for a manager there: an address, an external id or a key."""
    named = {employee.manager for employee in employees}
    addresses = [address for name in named if (address := normal_address(name))]
    bosses = Employee.objects.filter(source__in={employee.source_id for employee in employees}).filter(
        Q(addresses__overlap=addresses) | Q(external_id__in=named) | Q(key__in=named)
    )
    by_name: dict[tuple[int, str], int] = {}
    for boss in bosses.order_by("pk"):
        for name in (boss.key, boss.external_id, *boss.addresses):
            if name:
                by_name.setdefault((boss.source_id, _key(name)), boss.pk)
    return by_name


def _key(name: str) -> str:
    return normal_address(name) or name


def _people_matched(employees: set[int], connections: set[int]) -> dict[tuple[int, int], Person]:
    """By connection and employee."""
    matches = Match.objects.filter(
        state=Match.State.MATCHED,
        employee__in=employees,
        person__connection__in=connections,
        person__memberships__status=Status.ACTIVE,
    )
    return {
        (match.person.connection_id, match.employee_id): match.person
        for match in matches.select_related("person").order_by("-pk")
    }


def _people_addressed(addresses: Collection[str], connections: set[int]) -> dict[tuple[int, str], Person]:
    keys = PersonKey.objects.filter(
        address__in=[address for address in addresses if address],
        person__connection__in=connections,
        person__memberships__status=Status.ACTIVE,
    )
    return {(key.person.connection_id, key.address): key.person for key in keys.select_related("person")}
