"""People for whom cases are about to be opened: what is known of each, and who cannot be touched."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from usher.connections.models import Mode
from usher.directory.employment.status import EmploymentGroup
from usher.removal.guardrails.protection import reasons_why_protected
from usher.removal.guardrails.rules import CaseFacts, permanent_blockers
from usher.removal.leavers.managers import managers_of
from usher.removal.leavers.query import LEAVER_GROUPS, people_with_details, reason_of
from usher.removal.models import Case
from usher.removal.states import CaseState
from usher.roster.models import Licence, Membership, Person, Status
from usher.roster.query import memberships

if TYPE_CHECKING:
    from collections.abc import Sequence

AT_ONCE = 200
"""So many cases are opened by one click, at most."""


@dataclass(frozen=True)
class Candidate:
    """`refusal` says why no case can be opened; empty where one can be. `last_day`: of who is still at work."""

    person: Person
    group: EmploymentGroup | None
    memberships: "Sequence[Membership]"
    seats: int
    says: str
    last_day: date | None
    manager: Person | None
    refusal: str = ""
    remedy: str = ""
    case_id: int | None = None

    @property
    def can_be_opened(self) -> bool:
        return not self.refusal

    @property
    def is_leaver(self) -> bool:
        return self.group in LEAVER_GROUPS

    @property
    def has_licence_to_give_up(self) -> bool:
        return any(one.licence == Licence.MEMBER for one in self.memberships)

    def cause(self, otherwise: Case.Cause) -> Case.Cause:
        return Case.Cause.DIRECTORY if self.is_leaver else otherwise


def with_active_memberships(to: str = "active_now") -> "Prefetch[str]":
    """For a query of people: what they are in at present, in one query more."""
    active = memberships().filter(status=Status.ACTIVE).order_by("workspace__name", "workspace__gid")
    return Prefetch("memberships", active, to_attr=to)


def candidates(keys: Collection[int]) -> list[Candidate]:
    """In a fixed number of queries, by name. Keys of nobody are passed over."""
    people = list(people_with_details(keys).prefetch_related(with_active_memberships()))
    protected = reasons_why_protected([person for person in people if vars(person)["is_protected"]])
    managers = managers_of(people)
    return [_candidate(person, protected.get(person.pk, ""), managers.get(person.pk)) for person in people]


def _candidate(person: Person, protected: str, manager: Person | None) -> Candidate:
    facts = vars(person)
    group = EmploymentGroup(facts["group"]) if facts["group"] else None
    refusal, remedy = _refusal(person, protected)
    return Candidate(
        person=person,
        group=group,
        memberships=facts["active_now"],
        seats=facts["seats"],
        says=f"{reason_of(person)} ({facts['employment_source']})" if group in LEAVER_GROUPS else "",
        last_day=facts["last_day"] if group == EmploymentGroup.LEAVING else None,
        manager=manager,
        refusal=refusal,
        remedy=remedy,
        case_id=facts["case_id"],
    )


def _refusal(person: Person, protected: str) -> tuple[str, str]:
    facts = vars(person)
    if facts["case_id"]:
        state = CaseState(facts["case_state"]).label.lower()
        return (
            f"There is an open case already: number {facts['case_id']}, {state}.",
            "Finish or cancel that one.",
        )
    if not facts["active_now"]:
        return "They have no active membership.", "If Asana shows otherwise, sync the connection first."
    connection = person.connection
    standing = permanent_blockers(
        CaseFacts(
            removes=True,
            asked_by=(),
            approvers=(),
            is_connected=connection.is_connected,
            may_act=connection.mode == Mode.ACT,
            protected=protected,
            last_day=None,
            scheduled_for=None,
            synced_at=connection.last_synced_at,
            time_zone=ZoneInfo(connection.time_zone),
        )
    )
    return (standing[0].reason, standing[0].remedy) if standing else ("", "")
