"""People of the comparison, for programs and spreadsheets. Nothing in a cell means that it is not known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from usher.insights.reconciliation.exports import NewestExport
from usher.insights.reconciliation.people import ReconciledPerson
from usher.web.csv_export import iso

RECONCILED_COLUMNS = (
    "connection",
    "gid",
    "name",
    "email",
    "presence",
    "activity",
    "console_last_activity",
    "console_says_never",
    "console_joined",
    "usher_last_use",
    "difference_days",
    "role",
    "since",
    "until",
)


def reconciled_records(
    people: Iterable[ReconciledPerson], exports: Sequence[NewestExport]
) -> Iterator[Mapping[str, object]]:
    names = {each.connection.pk: each.connection.name for each in exports}
    return (_record(person, names[person.connection]) for person in people)


def _record(person: ReconciledPerson, connection: str) -> Mapping[str, object]:
    return {
        "connection": connection,
        "gid": person.gid or None,
        "name": person.name,
        "email": person.email,
        "presence": person.presence.value,
        "activity": person.activity.value if person.activity else None,
        "console_last_activity": _day(person.console_day),
        "console_says_never": person.console_never,
        "console_joined": _day(person.joined_on),
        "usher_last_use": _day(person.usher_day),
        "difference_days": person.difference,
        "role": person.role or None,
        "since": iso(person.since),
        "until": iso(person.until),
    }


def _day(day: object) -> str | None:
    return str(day) if day else None
