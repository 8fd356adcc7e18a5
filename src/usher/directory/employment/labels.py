"""What the groups mean, and what pages call the fields of an employee. Badges are in `web.badges`."""

from usher.directory.employment.status import EmploymentGroup

GROUP_MEANINGS = {
    EmploymentGroup.EMPLOYED: "Active in Asana, and an employee according to a source.",
    EmploymentGroup.LEAVING: "Active in Asana, with a known last day of work.",
    EmploymentGroup.LEFT: "Still active in Asana, although the directory says that they have left.",
    EmploymentGroup.NOT_LISTED: (
        "Active in Asana, and missing from a list that had them. Nobody has said that they left."
    ),
    EmploymentGroup.GUEST: "Guests in all their workspaces who are in no directory.",
    EmploymentGroup.SERVICE_ACCOUNT: "Protected as service accounts.",
    EmploymentGroup.UNKNOWN: "Active members who are in no source. Usher never removes them on its own.",
}

FIELD_LABELS = {
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
    "absence_accepted": "Has left, since no longer listed",
    "start_date": "Start",
    "on_leave": "On leave",
    "returns_on": "Returns",
    "sign_in_off": "Sign-in switched off",
    "remarks": "Remarks",
}
