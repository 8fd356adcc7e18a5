"""What is counted of all rows of a file while they are read, changed or not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from usher.directory.employees.records import EmployeeRecord, LeftOut, Row
from usher.directory.matching.domains import stored_aliases
from usher.directory.models import Employee, status_on
from usher.directory.normalise import canonical, normal_address
from usher.roster.models import Membership, Person, Role, Status
from usher.roster.query import IN_SCOPE

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = 10


@dataclass
class RemarkCount:
    """How many rows have a remark of one kind, and the first of them as (who, text)."""

    rows: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class RowsSeen:
    """`internal` are the addresses of people in Asana whom a list of everybody should have; None to count none."""

    today: date
    internal: set[str] | None = None
    rows: int = 0
    working: int = 0
    left: int = 0
    sign_in_off: int = 0
    on_leave: int = 0
    on_leave_examples: list[EmployeeRecord] = field(default_factory=list)
    remarks: dict[str, RemarkCount] = field(default_factory=dict)
    internal_people: int = 0
    internal_found: int = 0
    _aliases: "Mapping[str, str]" = field(default_factory=dict)

    @classmethod
    def looking_for(cls, today: date, *, everybody: bool) -> "RowsSeen":
        """`everybody`: counts who is in Asana, and how many of them are in the file."""
        if not everybody:
            return cls(today)
        aliases = stored_aliases()
        internal = {canonical(address, aliases) for address in _internal_addresses()}
        return cls(today, internal, internal_people=len(internal), _aliases=aliases)

    def through(self, rows: Iterable[Row | LeftOut]) -> Iterator[Row | LeftOut]:
        for row in rows:
            if isinstance(row, Row):
                self._count(row.record)
            yield row

    def _count(self, record: EmployeeRecord) -> None:
        self.rows += 1
        status = status_on(self.today, record.last_day, is_active=record.is_active)
        self.left += status == Employee.Status.LEFT
        self.sign_in_off += record.sign_in_off and status != Employee.Status.LEFT
        self.working += status != Employee.Status.LEFT and not record.sign_in_off
        if record.on_leave:
            self.on_leave += 1
            if len(self.on_leave_examples) < EXAMPLES:
                self.on_leave_examples.append(record)
        for kind, text in record.remarks:
            counted = self.remarks.setdefault(kind, RemarkCount())
            counted.rows += 1
            if len(counted.examples) < EXAMPLES:
                counted.examples.append((record.name or record.email or record.key, text))
        if self.internal:
            for address in filter(None, map(normal_address, (record.email, *record.other_addresses))):
                known = canonical(address, self._aliases)
                if known in self.internal:
                    self.internal.remove(known)
                    self.internal_found += 1


def _internal_addresses() -> Iterator[str]:
    """Of active members in scope who are no guests."""
    members = Membership.objects.filter(IN_SCOPE, status=Status.ACTIVE).exclude(role=Role.GUEST)
    people = Person.objects.filter(pk__in=members.values("person")).exclude(email="")
    emails = people.values_list("email", flat=True).iterator(chunk_size=5_000)
    return filter(None, map(normal_address, emails))
