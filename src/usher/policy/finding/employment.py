"""On which days somebody had left, was leaving, or was in no directory, as far as the directory tells today."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from usher.connections.models import Connection
from usher.directory.employment.status import EmploymentGroup, with_employment
from usher.directory.models import EmployeeChange
from usher.policy.finding.days import LastDays
from usher.policy.models import UnknownPerson
from usher.roster.models import Person

FEW = 5_000
"""So many people are named one by one to PostgreSQL."""
EMPLOYEE = ("standing__employee__department", "standing__employee__on_leave")


@dataclass(frozen=True)
class DirectoryWord:
    """What the directory says of one person today."""

    group: str
    employee: int | None
    department: str
    on_leave: bool
    left_on: date | None
    last_day: date | None
    ended_on: date | None


def words_of(connection: Connection, people: Collection[int], today: date) -> dict[int, DirectoryWord]:
    """By person; without those who have no active membership."""
    persons = Person.objects.filter(connection=connection)
    if len(people) <= FEW:
        persons = persons.filter(pk__in=people)
    fields = ("pk", "group", "employee_id", *EMPLOYEE, "left_on", "last_day", "standing__ended_on")
    rows = with_employment(persons, today).values_list(*fields)
    return {
        pk: DirectoryWord(group, employee, department or "", bool(on_leave), *days)
        for pk, group, employee, department, on_leave, *days in rows.iterator(chunk_size=2_000)
        if group is not None
    }


class EmploymentDays:
    """The days of employment of the employees that count for some people."""

    def __init__(self, words: Mapping[int, DirectoryWord], days: LastDays) -> None:
        self._words, self._days = words, days
        self._came_back: dict[int, int] = defaultdict(int)
        self._announced: dict[int, date] = {}
        employees = {word.employee for word in words.values() if word.employee is not None}
        if days.count > 1:
            self._read_history(employees)

    def left(self, person: int) -> int:
        word = self._words.get(person)
        if word is None:
            return 0
        mask = self._came_back.get(word.employee or 0, 0)
        if word.group != EmploymentGroup.LEFT:
            return mask
        # The last day itself is a day of work; an end that a source was seen to report counts from that day on.
        begins = [word.last_day + timedelta(days=1)] if word.last_day else []
        begins += [word.ended_on] if word.ended_on else []
        today = self._days.between(self._days.today)
        return mask | (self._days.between(min(begins)) if begins else 0) | today

    def leaving_within(self, person: int, within: int) -> int:
        word = self._words.get(person)
        if word is None or word.last_day is None:
            return 0
        if word.group not in (EmploymentGroup.LEAVING, EmploymentGroup.LEFT):
            return 0
        begins = word.last_day - timedelta(days=within)
        announced = self._announced.get(word.employee or 0)
        if announced is not None:
            begins = max(begins, announced)
        elif word.group == EmploymentGroup.LEFT:
            return 0  # nobody had said before that they would leave
        return self._days.between(begins, word.last_day) & ~self.left(person)

    def unknown_for(self, person: int, days: int, since: Mapping[int, date]) -> int:
        word = self._words.get(person)
        if word is None or word.group != EmploymentGroup.UNKNOWN or person not in since:
            return 0
        return self._days.between(since[person] + timedelta(days=days))

    def _read_history(self, employees: set[int]) -> None:
        kinds = [EmployeeChange.Kind.LEFT, EmployeeChange.Kind.RETURNED, EmployeeChange.Kind.LEAVING]
        changes = EmployeeChange.objects.filter(employee__in=employees, kind__in=kinds)
        left: dict[int, date] = {}
        for change in changes.order_by("seen_at", "pk").only("employee", "kind", "seen_at"):
            day = change.seen_at.astimezone(UTC).date()
            match change.kind:
                case EmployeeChange.Kind.LEAVING:
                    self._announced.setdefault(change.employee_id, day)
                case EmployeeChange.Kind.LEFT:
                    left[change.employee_id] = day
                case _:
                    since = left.pop(change.employee_id, None)
                    if since is not None:
                        over = day - timedelta(days=1)
                        self._came_back[change.employee_id] |= self._days.between(since, over)
                    self._announced.pop(change.employee_id, None)


def unknown_since(connection: Connection) -> dict[int, date]:
    """By person, since when each run has found them in no directory."""
    known = UnknownPerson.objects.filter(person__connection=connection)
    return dict(known.values_list("person", "since"))
