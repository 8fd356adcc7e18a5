"""People with their employment, and employees, for programs and spreadsheets."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q, QuerySet

from usher.directory.employment.status import in_groups, with_employment
from usher.directory.models import Employee
from usher.roster.models import Person
from usher.web.csv_export import iso

CHUNK = 2_000

COLUMNS = (
    "connection",
    "gid",
    "name",
    "email",
    "group",
    "status",
    "last_day",
    "left_on",
    "source",
    "employee_id",
)

EMPLOYEE_COLUMNS = (
    "source",
    "external_id",
    "name",
    "email",
    "department",
    "manager",
    "kind",
    "last_day",
    "known_since",
)


def people_with_group(today: date, group: str = "") -> QuerySet[Person]:
    """Everybody with an active membership, or only one group of them."""
    people = with_employment(Person.objects.select_related("connection"), today)
    return people.filter(in_groups([group], today) if group else Q(standing__group__gt=""))


def records(people: QuerySet[Person]) -> Iterator[dict[str, str | None]]:
    """`people` are annotated by `with_employment`."""
    return (person_record(person) for person in people.iterator(chunk_size=CHUNK))


def person_record(person: Person) -> dict[str, str | None]:
    """One row; the person is annotated by `with_employment`."""
    annotations = vars(person)
    return {
        "connection": person.connection.name,
        "gid": person.gid,
        "name": person.name,
        "email": person.email,
        "group": annotations["group"],
        "status": annotations["employee_status"],
        "last_day": _iso(annotations["last_day"]),
        "left_on": _iso(annotations["left_on"]),
        "source": annotations["employment_source"],
        "employee_id": str(annotations["employee_id"]) if annotations["employee_id"] else None,
    }


def employee_records(employees: QuerySet[Employee]) -> Iterator[dict[str, str | None]]:
    for each in employees.iterator(chunk_size=CHUNK):
        yield {
            "source": each.source.name,
            "external_id": each.external_id,
            "name": each.name,
            "email": each.email,
            "department": each.department,
            "manager": each.manager,
            "kind": each.kind,
            "last_day": _iso(each.last_day),
            "known_since": iso(each.first_seen_at),
        }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
