"""The requests and answers of the REST API for HR systems."""

from datetime import date, datetime
from typing import Annotated

from django.utils import timezone
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from usher.directory.limits import LONGEST_ADDRESS, LONGEST_NAME, MOST_ADDRESSES
from usher.directory.models import Employee, EmployeeChange
from usher.rest.choices import one_of

MOST_IN_A_BATCH = 1000
EmployeeKind = Annotated[Employee.Kind, one_of(Employee.Kind.values)]
ChangeKind = Annotated[EmployeeChange.Kind, one_of(EmployeeChange.Kind.values)]


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character U+0000 cannot be stored")
    return text


def _address(text: str) -> str:
    if text and "@" not in text:
        raise ValueError("is not an e-mail address")
    return text


def _stripped(text: str) -> str:
    """As it is stored. Python takes more characters for blanks (U+001C to U+001F) than pydantic does."""
    if not text.strip():
        raise ValueError("is empty")
    return text.strip()


ExternalId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_ADDRESS),
    AfterValidator(_storable),
    AfterValidator(_stripped),
]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NAME), AfterValidator(_storable)
]
Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_ADDRESS),
    AfterValidator(_storable),
    AfterValidator(_address),
]
Manager = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_ADDRESS), AfterValidator(_storable)
]


class EmployeeFields(Schema):
    """An employee. Missing fields are empty; without `last_day`, no end is known."""

    model_config = ConfigDict(extra="forbid")

    email: Address = Field("", description="The address with which the person is matched in Asana.")
    other_addresses: list[Address] = Field([], max_length=MOST_ADDRESSES)
    name: Text = ""
    department: Text = ""
    manager: Manager = Field("", description="E-mail or external id.")
    kind: EmployeeKind = Employee.Kind.EMPLOYEE
    is_active: bool = Field(True, description="False means that they have left.")
    last_day: date | None = Field(None, description="The last day of work.")


class EmployeePatch(Schema):
    """Only the fields to change. null empties a field."""

    model_config = ConfigDict(extra="forbid")

    email: Address | None = None
    other_addresses: list[Address] | None = Field(None, max_length=MOST_ADDRESSES)
    name: Text | None = None
    department: Text | None = None
    manager: Manager | None = None
    kind: EmployeeKind = Employee.Kind.EMPLOYEE
    is_active: bool = True
    last_day: date | None = None


class EmployeeInBatch(EmployeeFields):
    external_id: ExternalId


class EmployeeBatch(Schema):
    """All are stored, or none."""

    model_config = ConfigDict(extra="forbid")

    employees: list[EmployeeInBatch] = Field(min_length=1, max_length=MOST_IN_A_BATCH)


class EmployeeOut(Schema):
    """An employee as stored."""

    external_id: str = Field(alias="key")
    email: str
    other_addresses: list[str]
    name: str
    department: str
    manager: str
    kind: EmployeeKind
    is_active: bool
    last_day: date | None
    status: Employee.Status = Field(description="Today, in UTC.")
    left_on: date | None
    changed_at: datetime

    @staticmethod
    def resolve_status(employee: Employee) -> Employee.Status:
        return employee.status_on(timezone.now().date())

    @staticmethod
    def resolve_left_on(employee: Employee) -> date | None:
        return employee.left_on if not employee.is_active else None


class StoredEmployee(Schema):
    """`change` is null if nothing changed."""

    change: ChangeKind | None
    employee: EmployeeOut


class BatchOutcome(Schema):
    """How many employees of a batch joined, left and so on."""

    employees: int
    joined: int = 0
    leaving: int = 0
    left: int = 0
    returned: int = 0
    changed: int = 0
    unchanged: int = 0
