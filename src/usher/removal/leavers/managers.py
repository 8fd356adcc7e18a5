"""The managers of people, if they are in the same Asana account."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from usher.directory.employees.managers import managers_among
from usher.directory.models import LEAVES, Employee, Match, PersonKey
from usher.directory.normalise import normal_address
from usher.roster.models import Person, Status


@dataclass(frozen=True)
class PersonsManager:
    """`person` is the manager in Asana. `above`, the manager's own manager, is only given where the manager leaves."""

    person: Person | None
    name: str
    is_leaving: bool = False
    has_left: bool = False
    above: Person | None = None

    @property
    def words(self) -> str:
        """“manager Grace Hopper, who is leaving; their own manager: Ada Lovelace”."""
        note = ""
        if self.has_left:
            note = ", who has left"
        elif self.is_leaving:
            note = ", who is leaving"
        elif self.person is None:
            note = ", who is not active in this Asana account"
        above = f"; their own manager: {self.above}" if self.above else ""
        return f"manager {self.name}{note}{above}"

    @property
    def receiver(self) -> Person | None:
        """Who can take over: not somebody who has left."""
        return self.above if self.has_left else self.person


def managers_of(people: Collection[Person], today: date | None = None) -> dict[int, PersonsManager]:
    """By the person's key. Only managers whom the directory names without doubt, or who are active in the account.

    `people` come from `leavers` or `people_with_details`.
    """
    today = today or timezone.localdate()
    employee_of = {person.pk: vars(person)["employee_id"] for person in people}
    employees = Employee.objects.exclude(manager="").in_bulk({pk for pk in employee_of.values() if pk})
    if not employees:
        return {}
    bosses = managers_among(list(employees.values()))
    leaving = [boss for boss in bosses.values() if boss.status_on(today) in LEAVES and boss.manager]
    above = managers_among(leaving)
    in_asana = _PeopleInAsana(
        {boss.pk for boss in (*bosses.values(), *above.values())},
        [normal_address(one.manager) for one in employees.values()],
        {person.connection_id for person in people},
    )
    managers: dict[int, PersonsManager] = {}
    for person in people:
        employee = employees.get(employee_of[person.pk])
        if employee is not None:
            manager = _manager(person, employee, bosses, above, in_asana, today)
            if manager is not None:
                managers[person.pk] = manager
    return managers


def _manager(
    person: Person,
    employee: Employee,
    bosses: Mapping[int, Employee],
    above: Mapping[int, Employee],
    in_asana: "_PeopleInAsana",
    today: date,
) -> PersonsManager | None:
    boss = bosses.get(employee.pk)
    found = in_asana.of(person, boss, normal_address(employee.manager))
    if found is None and boss is None:
        return None
    status = boss.status_on(today) if boss else Employee.Status.ACTIVE
    return PersonsManager(
        person=found,
        name=str(found or boss),
        is_leaving=status == Employee.Status.LEAVING,
        has_left=status == Employee.Status.LEFT,
        above=in_asana.of(person, above.get(boss.pk)) if boss else None,
    )


class _PeopleInAsana:
    """Employees as active people of the same connection."""

    def __init__(self, employees: set[int], addresses: Collection[str], connections: set[int]) -> None:
        matches = Match.objects.filter(
            state=Match.State.MATCHED,
            employee__in=employees,
            person__connection__in=connections,
            person__memberships__status=Status.ACTIVE,
        )
        self._matched = {
            (match.person.connection_id, match.employee_id): match.person
            for match in matches.select_related("person").order_by("-pk")
        }
        keys = PersonKey.objects.filter(
            address__in=[address for address in addresses if address],
            person__connection__in=connections,
            person__memberships__status=Status.ACTIVE,
        )
        self._addressed = {
            (key.person.connection_id, key.address): key.person for key in keys.select_related("person")
        }

    def of(self, person: Person, employee: Employee | None, address: str = "") -> Person | None:
        """In the account of `person`, and not that person."""
        found = self._matched.get((person.connection_id, employee.pk)) if employee else None
        found = found or self._addressed.get((person.connection_id, address))
        return found if found is not None and found.pk != person.pk else None
