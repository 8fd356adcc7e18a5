"""Sources and employees, for tests of what follows from them."""

from datetime import UTC, date, datetime

from usher.directory.employees.store import EmployeeRecord, store
from usher.directory.models import Employee, Source

SEEN = datetime(2026, 11, 20, 9, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def a_source(name: str = "HR", **fields: object) -> Source:
    return Source.objects.create(**{"name": name, "kind": "csv"} | fields)


def an_employee(source: Source, email: str, name: str = "", **fields: object) -> Employee:
    """As one who is stored by the verb that all sources use."""
    record = EmployeeRecord(email=email, name=name, **fields)
    store(source, record, SEEN)
    return Employee.objects.get(source=source, key=record.identity)
