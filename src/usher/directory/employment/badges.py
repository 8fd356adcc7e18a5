"""How groups, and steps in the life of an employee, are shown: a word, an icon and a tone."""

from usher.directory.employment.status import EmploymentGroup
from usher.directory.models import Employee, EmployeeChange
from usher.web.words import Word

GROUPS = {
    EmploymentGroup.EMPLOYED: Word("Employed", icon="circle-check", tone="success"),
    EmploymentGroup.LEAVING: Word("Leaving", icon="clock", tone="warning"),
    EmploymentGroup.LEFT: Word("Left", icon="user-minus", tone="danger"),
    EmploymentGroup.GUEST: Word("External guest", icon="user-question"),
    EmploymentGroup.SERVICE_ACCOUNT: Word("Service account", icon="bolt", tone="info"),
    EmploymentGroup.UNKNOWN: Word("Unknown to the directory", icon="help-circle", tone="warning"),
}

GROUP_WORDS = {
    EmploymentGroup.EMPLOYED: "Active in Asana, and an employee of a source.",
    EmploymentGroup.LEAVING: "Active in Asana, with a last day of work that is known.",
    EmploymentGroup.LEFT: "Still active in Asana, though the directory says that they left.",
    EmploymentGroup.GUEST: "Guests in all their workspaces, in no directory.",
    EmploymentGroup.SERVICE_ACCOUNT: "Listed as accounts of machines.",
    EmploymentGroup.UNKNOWN: "Active members whom no source knows. Usher removes none of them by itself.",
}

STATUSES = {
    Employee.Status.ACTIVE: Word("Works here", icon="circle-check", tone="success"),
    Employee.Status.LEAVING: Word("Leaving", icon="clock", tone="warning"),
    Employee.Status.LEFT: Word("Left", icon="user-minus", tone="danger"),
}

STEPS = {
    EmployeeChange.Kind.JOINED: Word("Joined", icon="user-plus", tone="success"),
    EmployeeChange.Kind.LEAVING: Word("Leaves on a date", icon="clock", tone="warning"),
    EmployeeChange.Kind.LEFT: Word("Left", icon="user-minus", tone="danger"),
    EmployeeChange.Kind.RETURNED: Word("Came back", icon="user-check", tone="success"),
    EmployeeChange.Kind.CHANGED: Word("Changed", icon="edit", tone="info"),
}

FIELD_WORDS = {
    "external_id": "Employee ID",
    "email": "E-mail",
    "other_addresses": "Other addresses",
    "name": "Name",
    "department": "Department",
    "manager": "Manager",
    "kind": "Kind",
    "is_active": "Works here",
    "last_day": "Last day",
    "is_listed": "Listed",
}
