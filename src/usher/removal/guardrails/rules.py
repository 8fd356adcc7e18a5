"""Why a case may not run now. Pages, the API, the command line and jobs all ask here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from usher.removal.guardrails.away import AWAY_REMEDY, Away, after_day
from usher.removal.guardrails.clock_times import end_of_quiet

SYNC_IS_FRESH_FOR = timedelta(days=1)
CLOCKS_DIFFER_BY = timedelta(minutes=10)
"""A sync further in the future was made while a clock was wrong, and nobody knows how old it is."""
DAY = timedelta(hours=24)
RESTORED = (
    "The database was restored to an earlier state, so nothing changes Asana until an admin has looked at it."
)
RESTORED_REMEDY = "An admin can see what is missing, and let removals go on, under Guardrails."


@dataclass(frozen=True)
class Approver:
    """`is_rule`: a rule that admins approved in advance; it lifts no limit."""

    who: str
    is_admin: bool
    is_rule: bool = False


@dataclass(frozen=True)
class CaseFacts:
    """What the rules need to know about a case.

    `protected`: why the person is never removed; empty if they are not protected. `requested_by`: whoever opened
    the case or requested its approval. Any text can identify a person, as long as it is the same text each time.
    `unanswered_remarks`: what about the person does not fit, in words. `employment_changed`: how the employment
    contradicts what the case rests on; empty if it does not.
    """

    removes: bool
    requested_by: Collection[str]
    approvers: Sequence[Approver]
    is_connected: bool
    may_act: bool
    protected: str
    last_day: date | None
    scheduled_for: datetime | None
    synced_at: datetime | None
    time_zone: ZoneInfo
    unanswered_remarks: Sequence[str] = ()
    employment_changed: str = ""
    away: Away | None = None
    """Only known right after it was read from Asana; None for somebody who left according to the directory."""


@dataclass(frozen=True)
class RemovalLimits:
    """The settings. `share` is a percentage; without both ends there are no quiet hours."""

    needs_approval: bool = True
    daily: int = 25
    share: int = 5
    grace: timedelta = timedelta(hours=1)
    quiet_from: time | None = None
    quiet_until: time | None = None
    is_stopped: bool = False
    stop_reason: str = ""
    is_restored: bool = False
    """Whether the database was restored, and no admin has looked yet: invitations are stopped too."""


@dataclass(frozen=True)
class WorkspaceRemovals:
    """Of one workspace, this case apart. `active`: current members who are not among the removed."""

    name: str
    active: int
    removed: int


@dataclass(frozen=True)
class RecentRemovals:
    """Removals that began in the last 24 hours, this case apart."""

    removed: int = 0
    workspaces: Sequence[WorkspaceRemovals] = ()


class Rule(StrEnum):
    STOPPED = "stopped"
    NOT_CONNECTED = "not_connected"
    READ_ONLY = "read_only"
    PROTECTED = "protected"
    EMPLOYMENT = "employment"
    REMARKS = "remarks"
    APPROVAL = "approval"
    DAILY_LIMIT = "daily_limit"
    SHARE_LIMIT = "share_limit"
    LAST_DAY = "last_day"
    OUT_OF_OFFICE = "out_of_office"
    GRACE = "grace"
    QUIET_HOURS = "quiet_hours"
    ROSTER_AGE = "roster_age"


@dataclass(frozen=True)
class Blocker:
    """One reason why a case may not run now. `until`: when it ends by itself, if known."""

    rule: Rule
    reason: str
    remedy: str
    until: datetime | None = None


def blockers(case: CaseFacts, limits: RemovalLimits, recent: RecentRemovals, now: datetime) -> list[Blocker]:
    """Why this case may not run now; empty when it may. Pure: reads nothing, changes nothing."""
    reasons = permanent_blockers(case)
    if limits.is_restored:
        reasons.append(Blocker(Rule.STOPPED, RESTORED, RESTORED_REMEDY))
    elif limits.is_stopped and case.removes:
        reason = f"All removals are stopped{f': {limits.stop_reason}' if limits.stop_reason else '.'}"
        reasons.append(Blocker(Rule.STOPPED, reason, "An admin can resume removals."))
    reasons += contradictions(case)
    others = others_who_approved(case)
    if limits.needs_approval and not others:
        reasons.append(
            Blocker(
                Rule.APPROVAL,
                "Only the person who requested it has approved it."
                if case.approvers
                else "Nobody has approved it.",
                "Another approver or admin must approve it.",
            )
        )
    if not has_second_approval(case, limits):
        reasons += _over_the_limits(limits, recent, removes=case.removes)
    return reasons + _too_early(case, limits, now)


def permanent_blockers(case: CaseFacts) -> list[Blocker]:
    """The blockers that neither approval nor time removes. A case that has one is not even opened."""
    reasons = []
    if not case.is_connected:
        reasons.append(
            Blocker(Rule.NOT_CONNECTED, "The Asana account is disconnected.", "Reconnect it first.")
        )
    elif not case.may_act:
        reasons.append(
            Blocker(
                Rule.READ_ONLY,
                "The connection is in “Read” mode, so Usher changes nothing in Asana.",
                "An admin can change the mode to “Read and take action” under Integrations.",
            )
        )
    if case.protected and case.removes:
        reasons.append(
            Blocker(
                Rule.PROTECTED,
                f"This person is protected: {case.protected}",
                "If this is no longer right, an admin can change it under Protected people.",
            )
        )
    return reasons


def contradictions(case: CaseFacts) -> list[Blocker]:
    """What speaks against a case that removes somebody: people have to look at it, and no second approval helps."""
    reasons: list[Blocker] = []
    if not case.removes:
        return reasons
    if case.employment_changed:
        reasons.append(
            Blocker(
                Rule.EMPLOYMENT,
                case.employment_changed,
                "The case stays open for review. Cancel it if they are staying, or open a new one for another reason.",
            )
        )
    if case.unanswered_remarks:
        reason = (
            f"There are {len(case.unanswered_remarks):,} remarks that nobody has answered. The first: "
            if len(case.unanswered_remarks) > 1
            else "There is a remark that nobody has answered: "
        )
        reasons.append(
            Blocker(Rule.REMARKS, f"{reason}{case.unanswered_remarks[0]}", "Answer them on the case's page.")
        )
    return reasons


def others_who_approved(case: CaseFacts) -> dict[str, bool]:
    """Everyone who approved, except the requesters, and whether they are an admin."""
    return {
        approver.who: approver.is_admin
        for approver in case.approvers
        if approver.who not in case.requested_by
    }


def has_second_approval(case: CaseFacts, limits: RemovalLimits) -> bool:
    """Whether there is one approval more than every case needs, with an admin's among them, in any order.

    A rule's approval is none of them: only people who looked at this case lift a limit.
    """
    rules = {approver.who for approver in case.approvers if approver.is_rule}
    others = {who: is_admin for who, is_admin in others_who_approved(case).items() if who not in rules}
    needed = 2 if limits.needs_approval else 1
    return len(others) >= needed and any(others.values())


def allowed_share(active: int, removed: int, share: int) -> int:
    """How many people may be removed from a workspace in 24 hours: a share of its members, and always one."""
    return max(1, (active + removed) * share // 100)


def _over_the_limits(limits: RemovalLimits, recent: RecentRemovals, *, removes: bool) -> list[Blocker]:
    if not removes:
        return []
    remedy = "Wait, or get a second approval. At least one of the two approvers must be an admin."
    reasons = []
    if recent.removed + 1 > limits.daily:
        reason = (
            f"{recent.removed:,} people were removed in the last 24 hours; the limit is {limits.daily:,}."
        )
        reasons.append(Blocker(Rule.DAILY_LIMIT, reason, remedy))
    for workspace in recent.workspaces:
        allowed = allowed_share(workspace.active, workspace.removed, limits.share)
        if workspace.removed + 1 > allowed:
            reason = (
                f"{workspace.removed:,} were removed from {workspace.name} in the last 24 hours; "
                f"the limit of {limits.share} % is {allowed:,} there."
            )
            reasons.append(Blocker(Rule.SHARE_LIMIT, reason, remedy))
    return reasons


def out_of_office(case: CaseFacts, now: datetime) -> list[Blocker]:
    if not case.removes or case.away is None or not case.away.includes(now.astimezone(case.time_zone).date()):
        return []
    return [
        Blocker(Rule.OUT_OF_OFFICE, case.away.reason, AWAY_REMEDY, case.away.until(case.time_zone)),
    ]


def _too_early(case: CaseFacts, limits: RemovalLimits, now: datetime) -> list[Blocker]:
    reasons: list[Blocker] = []
    if not case.removes:
        return reasons
    if case.last_day is not None:
        begins = after_day(case.last_day, case.time_zone)
        if now < begins:
            reason = f"Their last day of work is {case.last_day:%-d %b %Y}."
            reasons.append(Blocker(Rule.LAST_DAY, reason, "It runs after that day.", begins))
    reasons += out_of_office(case, now)
    if case.scheduled_for is None or now < case.scheduled_for:
        reason = "It is not due yet and can still be cancelled."
        reasons.append(
            Blocker(Rule.GRACE, reason, "It starts automatically when it is due.", case.scheduled_for)
        )
    quiet_until = end_of_quiet_hours(limits, case.time_zone, now)
    if quiet_until is not None:
        reason = f"Quiet hours last until {quiet_until.astimezone(case.time_zone):%H:%M}."
        reasons.append(
            Blocker(Rule.QUIET_HOURS, reason, "It starts automatically when they end.", quiet_until)
        )
    if case.synced_at is not None and case.synced_at - now > CLOCKS_DIFFER_BY:
        reason = "The last sync is dated in the future: a clock was wrong, and nobody knows how old the people list is."
        reasons.append(Blocker(Rule.ROSTER_AGE, reason, "Check the clock, then sync the connection."))
    elif case.synced_at is None or now - case.synced_at > SYNC_IS_FRESH_FOR:
        reason = "The last sync is more than 24 hours old, so the people list may be out of date."
        reasons.append(Blocker(Rule.ROSTER_AGE, reason, "Sync the connection."))
    return reasons


def earliest_start(
    limits: RemovalLimits, last_day: date | None, time_zone: ZoneInfo, approved_at: datetime, *, removes: bool
) -> datetime:
    """When a case that is approved at `approved_at` may run: after the grace period and the last day, outside
    quiet hours.
    """
    if not removes:
        return approved_at
    moment = approved_at + limits.grace
    if last_day is not None:
        moment = max(moment, after_day(last_day, time_zone))
    return end_of_quiet_hours(limits, time_zone, moment) or moment


def end_of_quiet_hours(limits: RemovalLimits, time_zone: ZoneInfo, moment: datetime) -> datetime | None:
    """When the quiet hours around a moment end; None if it is outside quiet hours."""
    start, end = limits.quiet_from, limits.quiet_until
    if start is None or end is None or start == end:
        return None
    return end_of_quiet(start, end, time_zone, moment)
