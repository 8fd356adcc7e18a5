"""Whether the directory still says what a case rests on, and what its approver saw."""

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from django.utils import timezone

from usher.directory.models import LEAVES, Employee
from usher.directory.remarks.said import SourceWord, what_sources_say
from usher.removal.models import Case

Status = Employee.Status
WORKS_HERE = frozenset({Status.ACTIVE.value, Status.LEAVING.value})


def employment_changed(case: Case, said: Sequence[SourceWord] | None = None) -> str:
    """How the directory contradicts the case now, in words; empty if it does not. `said` is read unless given.

    A case for somebody who left rests on that. Any other case rests on what the sources said when it was approved:
    an idle seat may well be an employee's, but not of somebody whom no source knew then.
    """
    if case.person is None or case.connection is None or case.kind == Case.Kind.RESTORE:
        return ""
    today = timezone.localdate(timezone=ZoneInfo(case.connection.time_zone))
    is_leaver = case.cause == Case.Cause.DIRECTORY
    if not is_leaver and worked_here(facts_seen_last(case)):
        return ""
    if said is None:
        said = what_sources_say(case.person, today)
    if is_leaver:
        return _no_longer_left(said)
    return next(
        (
            f"Since the case was {_last_seen(case)}, {one.source} says that they work here: {one.text}."
            for one in said
            if one.status in WORKS_HERE
        ),
        "",
    )


def _no_longer_left(said: Sequence[SourceWord]) -> str:
    word = next((one for one in said if one.counts), None)
    if word is None:
        return "The directory no longer says that they left: no source knows them."
    if word.status in LEAVES:
        return ""
    if word.status == Status.NOT_LISTED:
        return "The directory no longer lists them; nobody has said whether they left."
    if word.record.on_leave:
        return f"According to the directory, they are on leave and work here ({word.source}: {word.text})."
    return "According to the directory, they work here again."


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
