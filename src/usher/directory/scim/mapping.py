"""What the attributes of a SCIM user mean for an employee."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast

from scim2_models import Context

from usher.directory.models import Employee
from usher.directory.scim.schema import Email, EmploymentExtension, EnterpriseUser, UserResource

JsonObject = dict[str, object]

NOT_KEPT = ("id", "meta", "groups", "password")
"""Attributes that the server sets itself, and the password, which it never stores."""

LAST_DAYS = frozenset(
    {
        "lastday",
        "lastworkday",
        "lastdayofwork",
        "terminationdate",
        "employmentenddate",
        "employeeleavedatetime",
    }
)
"""What companies call the last day of work in their own schemas, in lower case without blanks and underscores."""

CONTRACTOR = re.compile(
    r"\b(contract|external|freelanc|consultant|vendor|agency|contingent|temp\b)", re.IGNORECASE
)


def kept(user: UserResource) -> JsonObject:
    """Everything that a client sent about a user, as it gets it back."""
    return {
        name: value
        for name, value in user.model_dump(scim_ctx=Context.DEFAULT).items()
        if name not in NOT_KEPT
    }


def version_of(kept: Mapping[str, object]) -> str:
    """The ETag: the same for the same content."""
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return f'W/"{hashlib.blake2b(text.encode(), digest_size=9).hexdigest()}"'


def addresses_of(user: UserResource) -> list[str]:
    """All addresses. The main one comes first: the primary one, else the one for work, else the first."""
    emails = sorted((email for email in user.emails or [] if email.value), key=_usefulness)
    addresses = [email.value.strip() for email in emails if email.value]
    if "@" in (user.user_name or ""):
        addresses.append(str(user.user_name).strip())
    return list(dict.fromkeys(address for address in addresses if address))


def _usefulness(email: Email) -> tuple[bool, bool]:
    return not email.primary, (email.type or "").lower() != "work"


def name_of(user: UserResource) -> str:
    name = user.name
    parts = [name.given_name, name.middle_name, name.family_name] if name else []
    spelled = " ".join(part.strip() for part in parts if part and part.strip())
    return (user.display_name or (name.formatted if name else None) or spelled or "").strip()


def manager_of(user: UserResource) -> str:
    """The manager's id, else the name, as given."""
    enterprise = cast("EnterpriseUser | None", user[EnterpriseUser])
    manager = enterprise.manager if enterprise else None
    return (manager.value or manager.display_name or "").strip() if manager else ""


def department_of(user: UserResource) -> str:
    enterprise = cast("EnterpriseUser | None", user[EnterpriseUser])
    return (enterprise.department or "").strip() if enterprise else ""


def kind_of(user: UserResource) -> Employee.Kind:
    """What `userType` means. Unknown types are employees."""
    return Employee.Kind.CONTRACTOR if CONTRACTOR.search(user.user_type or "") else Employee.Kind.EMPLOYEE


def last_day_of(user: UserResource) -> date | None:
    """From Usher's extension, else from one of the company's own schemas.

    None if the day cannot be read: Usher never guesses that somebody leaves.
    """
    employment = cast("EmploymentExtension | None", user[EmploymentExtension])
    if employment and employment.last_day:
        return _day(employment.last_day)
    enterprise = cast("EnterpriseUser | None", user[EnterpriseUser])
    own = {**user.unknown_attributes, **(enterprise.unknown_attributes if enterprise else {})}
    for name, value in _own_attributes(own):
        if name in LAST_DAYS and isinstance(value, str) and (day := _day(value)):
            return day
    return None


def _own_attributes(attributes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for name, value in attributes.items():
        if isinstance(value, dict):
            flat += _own_attributes(value)
        else:
            flat.append((name.lower().replace("_", "").replace(" ", ""), value))
    return flat


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        return None
