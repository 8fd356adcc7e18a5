"""What groups mean, and what the fields of an employee are called on pages."""

from usher.directory.employment.status import EmploymentGroup

GROUP_WORDS = {
    EmploymentGroup.EMPLOYED: "Active in Asana, and an employee of a source.",
    EmploymentGroup.LEAVING: "Active in Asana, with a last day of work that is known.",
    EmploymentGroup.LEFT: "Still active in Asana, though the directory says that they left.",
    EmploymentGroup.GUEST: "Guests in all their workspaces, in no directory.",
    EmploymentGroup.SERVICE_ACCOUNT: "Listed as accounts of machines.",
    EmploymentGroup.UNKNOWN: "Active members whom no source knows. Usher removes none of them by itself.",
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
