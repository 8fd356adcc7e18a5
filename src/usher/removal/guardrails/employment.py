"""Whether the directory still says what a case rests on, and what its approver saw."""

from collections.abc import Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone

from usher.directory.employment.status import employment_of
from usher.directory.models import Employee
from usher.directory.remarks.said import what_sources_say
from usher.removal.models import Case

Status = Employee.Status
WORKS_HERE = frozenset({Status.ACTIVE.value, Status.LEAVING.value})


def employment_changed(case: Case) -> str:
    """How the directory contradicts the case now, in words; empty if it does not.

    A case for somebody who left rests on that. Any other case rests on what the sources said when it was approved:
    an idle seat may well be an employee's, but not of somebody whom no source knew then.
    """
    if case.person is None or case.connection is None or case.kind == Case.Kind.RESTORE:
        return ""
    today = timezone.localdate(timezone=ZoneInfo(case.connection.time_zone))
    if case.cause == Case.Cause.DIRECTORY:
        return _no_longer_left(case, today)
    if worked_here(facts_seen_last(case)):
        return ""
    return next(
        (
            f"Since the case was {_last_seen(case)}, {one.source} says that they work here: {one.text}."
            for one in what_sources_say(case.person, today)
            if one.status in WORKS_HERE
        ),
        "",
    )


def _no_longer_left(case: Case, today: date) -> str:
    assert case.person is not None
    employment = employment_of(case.person, today)
    match employment.status:
        case Status.LEFT | Status.LEAVING:
            return ""
        case Status.NOT_LISTED:
            return "The directory no longer lists them; nobody has said whether they left."
        case Status.ACTIVE if employment.employee is not None and employment.employee.on_leave:
            return f"According to the directory, they are on leave: {employment.reason}"
        case Status.ACTIVE:
            return "According to the directory, they work here again."
        case _:
            return f"The directory no longer says that they left: {employment.reason}"


def facts_seen_last(case: Case) -> Mapping[str, object]:
    """What was known about the person when the case was last approved, else asked for, else opened."""
    return case.later_facts.get("approved") or case.later_facts.get("asked") or case.facts


def _last_seen(case: Case) -> str:
    if "approved" in case.later_facts:
        return "approved"
    return "requested" if "asked" in case.later_facts else "opened"


def worked_here(facts: Mapping[str, object]) -> bool:
    """Whether any source said so, in the facts of a case. Older cases keep only the source that counted."""
    said = facts.get("said")
    if isinstance(said, Iterable):
        return any(isinstance(one, dict) and one.get("status") in WORKS_HERE for one in said)
    employment = facts.get("employment")
    return isinstance(employment, dict) and employment.get("status") in WORKS_HERE
