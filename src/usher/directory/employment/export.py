"""People with their employment, and employees, for programs and spreadsheets."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q, QuerySet

from usher.directory.employment.figures import with_details
from usher.directory.employment.status import group_on, in_groups
from usher.directory.models import Employee, Standing
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


def people_with_group(today: date, group: str = "") -> QuerySet[Standing]:
    """Everybody with an active membership, or only one group of them."""
    return Standing.objects.filter(in_groups([group], today, prefix="") if group else Q(group__gt=""))


def records(standings: QuerySet[Standing], today: date) -> Iterator[dict[str, str | None]]:
    people = with_group(with_details(standings, today), today)
    return (person_record(person) for person in people.iterator(chunk_size=CHUNK))


def with_group(standings: QuerySet[Standing], today: date) -> QuerySet[Standing]:
    """Adds `group_now`."""
    return standings.annotate(group_now=group_on(today))


def person_record(standing: Standing) -> dict[str, str | None]:
    """One row, from `with_details` and `with_group`."""
    annotations = vars(standing)
    return {
        "connection": standing.connection.name,
        "gid": standing.person.gid,
        "name": standing.person.name,
        "email": standing.person.email,
        "group": annotations["group_now"],
        "status": annotations["employee_status"],
        "last_day": _iso(standing.last_day),
        "left_on": _iso(annotations["left_on"]),
        "source": standing.source.name if standing.source else None,
        "employee_id": str(standing.employee_id) if standing.employee_id else None,
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
