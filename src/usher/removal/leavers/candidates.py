"""People for whom cases are about to be opened: the details of each, and why some cannot be removed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from usher.connections.models import Mode
from usher.directory.employment.status import LEAVER_GROUPS, EmploymentGroup
from usher.removal.guardrails.protection import reasons_why_protected
from usher.removal.guardrails.remarks import current_remarks
from usher.removal.guardrails.rules import CaseFacts, permanent_blockers
from usher.removal.leavers.managers import PersonsManager, managers_of
from usher.removal.leavers.query import people_with_details, reason_of
from usher.removal.models import Case
from usher.removal.states import CaseState
from usher.roster.models import Licence, Membership, Person, Status
from usher.roster.query import memberships

if TYPE_CHECKING:
    from collections.abc import Sequence

AT_ONCE = 200
"""At most this many cases are opened at once."""


@dataclass(frozen=True)
class Candidate:
    """`blocked` says why no case can be opened; empty if one can. `last_day`: only of people still at work.
    `remarks`: the unanswered ones.
    """

    person: Person
    group: EmploymentGroup | None
    memberships: "Sequence[Membership]"
    seats: int
    says: str
    last_day: date | None
    manager: PersonsManager | None
    remarks: "Sequence[str]" = ()
    blocked: str = ""
    remedy: str = ""
    case_id: int | None = None

    @property
    def can_be_opened(self) -> bool:
        return not self.blocked

    @property
    def is_leaver(self) -> bool:
        return self.group in LEAVER_GROUPS

    @property
    def has_licence_to_give_up(self) -> bool:
        return any(one.licence == Licence.MEMBER for one in self.memberships)

    def cause(self, otherwise: Case.Cause) -> Case.Cause:
        return Case.Cause.DIRECTORY if self.is_leaver else otherwise


def with_active_memberships(to: str = "active_now") -> "Prefetch[str]":
    """For a query of people: their current memberships with their workspaces, in one more query."""
    active = memberships().filter(status=Status.ACTIVE).order_by("workspace__name", "workspace__gid")
    active = active.select_related(None).select_related("workspace")
    return Prefetch("memberships", active, to_attr=to)


def candidates(keys: Collection[int], *, changes_asana: bool = True) -> list[Candidate]:
    """By name, in a fixed number of queries. Unknown keys are ignored.

    What changes nothing in Asana is not blocked by a connection with “Read”.
    """
    people = list(people_with_details(keys).prefetch_related(with_active_memberships()))
    protected = reasons_why_protected([person for person in people if vars(person)["is_protected"]])
    managers = managers_of(people)
    remarks = current_remarks([person.pk for person in people])
    return [
        _candidate(
            person,
            protected.get(person.pk, ""),
            managers.get(person.pk),
            [one.text for one in remarks.get(person.pk, ()) if one.answered_at is None],
            changes_asana=changes_asana,
        )
        for person in people
    ]


def _candidate(
    person: Person,
    protected: str,
    manager: PersonsManager | None,
    remarks: list[str],
    *,
    changes_asana: bool,
) -> Candidate:
    details = vars(person)
    group = EmploymentGroup(details["group"]) if details["group"] else None
    blocked, remedy = _why_blocked(person, protected, changes_asana=changes_asana)
    return Candidate(
        person=person,
        group=group,
        memberships=details["active_now"],
        seats=details["seats"],
        says=f"{reason_of(person)} ({details['employment_source']})" if group in LEAVER_GROUPS else "",
        last_day=details["last_day"] if group == EmploymentGroup.LEAVING else None,
        manager=manager,
        remarks=remarks,
        blocked=blocked,
        remedy=remedy,
        case_id=details["case_id"],
    )


def _why_blocked(person: Person, protected: str, *, changes_asana: bool) -> tuple[str, str]:
    details = vars(person)
    if details["case_id"]:
        state = CaseState(details["case_state"]).label.lower()
        return (
            f"There is already an open case: number {details['case_id']}, {state}.",
            "Finish or cancel it first.",
        )
    if not details["active_now"]:
        return "They have no active membership.", "If Asana shows one, sync the connection first."
    connection = person.connection
    standing = permanent_blockers(
        CaseFacts(
            removes=True,
            requested_by=(),
            approvers=(),
            is_connected=connection.is_connected,
            may_act=connection.mode == Mode.ACT or not changes_asana,
            protected=protected,
            last_day=None,
            scheduled_for=None,
            synced_at=connection.last_synced_at,
            time_zone=ZoneInfo(connection.time_zone),
        )
    )
    return (standing[0].reason, standing[0].remedy) if standing else ("", "")
