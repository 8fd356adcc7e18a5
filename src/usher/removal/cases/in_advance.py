"""Rules whose approval counts: two admins approved them in advance, and the setting for it is on.

Such a rule stands for the one approval that every case needs, and for nothing else: every other guardrail holds, and no
limit is lifted by it. Whether it counts is read again when a case begins.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from usher.access.models import User
from usher.access.roles import Action
from usher.removal.cases.versions import version_of
from usher.removal.guardrails.facts import identity, requesters
from usher.removal.models import Approval, Case, Guardrails, RuleApproval
from usher.web.phrases import day_in_words

ADMINS_NEEDED = 2


@dataclass(frozen=True)
class AskingRule:
    """The rule that asks for a case. `at_most`: so many cases are approved by it in 24 hours; the rest wait."""

    key: int
    version: int
    at_most: int


def approve_in_advance(case: Case, rule: AskingRule) -> Approval | None:
    """Stores the rule's approval, inside the transaction that holds the case. None where it does not count."""
    settings = Guardrails.get()
    if not (settings.needs_approval and settings.rules_may_approve):
        return None
    given = _given(rule.key, rule.version, lock=True)
    if _why_not_enough(given, case, rule.key):
        return None
    since = timezone.now() - timedelta(days=1)
    if Approval.objects.filter(rule=rule.key, at__gt=since).count() >= rule.at_most:
        return None
    return Approval.objects.create(
        case=case,
        word=Approval.Word.APPROVED,
        by=_in_words(rule.key, given),
        via="rule",
        version=version_of(case),
        rule=rule.key,
        rule_version=rule.version,
        in_advance=[{"name": one.by, "id": one.by_id, "at": one.at.isoformat()} for one in given],
    )


def why_counts_no_longer(approval: Approval, case: Case) -> str:
    """Of an approval by a rule; empty if it still counts."""
    if approval.rule is None or approval.rule_version is None:
        return ""
    if not Guardrails.get().rules_may_approve:
        return "The setting by which a rule stands for an approval was switched off."
    return _why_not_enough(_given(approval.rule, approval.rule_version), case, approval.rule)


def approvers_of(rule: int, version: int) -> list[RuleApproval]:
    """Admins whose approval of this version counts now, the first one first."""
    return _given(rule, version)


def approvers_of_each(versions: Iterable[tuple[int, int]]) -> dict[int, list[RuleApproval]]:
    """The same of several rules, each with its version, by the key of the rule."""
    wanted = dict(versions)
    approvals = RuleApproval.objects.filter(rule__in=wanted, ended_at=None)
    found: dict[int, list[RuleApproval]] = {rule: [] for rule in wanted}
    for one in _by_admins([each for each in approvals if each.version == wanted[each.rule]]):
        found[one.rule].append(one)
    return found


def end_approvals(rule: int, why: str, by: int | None = None) -> int:
    """Takes back what was given to a rule, of all admins or of one. Returns how many."""
    approvals = RuleApproval.objects.filter(rule=rule, ended_at=None)
    if by is not None:
        approvals = approvals.filter(by_id=by)
    return approvals.update(ended_at=timezone.now(), ended_why=why[:500])


def _given(rule: int, version: int, *, lock: bool = False) -> list[RuleApproval]:
    approvals = RuleApproval.objects.filter(rule=rule, version=version, ended_at=None)
    if lock:
        approvals = approvals.select_for_update()
    return _by_admins(list(approvals))


def _by_admins(found: Sequence[RuleApproval]) -> list[RuleApproval]:
    """Those whose admins are still admins, who see all connections."""
    users = User.objects.in_bulk([one.by_id for one in found])
    return [
        one
        for one in found
        if one.by_id in users and users[one.by_id].is_active and users[one.by_id].may(Action.SETTINGS)
    ]


def _why_not_enough(given: Sequence[RuleApproval], case: Case, rule: int) -> str:
    """One of the admins must be neither who wrote the rule nor who switched it on, as for every other case."""
    if len(given) < ADMINS_NEEDED:
        return f"Rule {rule} is no longer approved by {ADMINS_NEEDED} admins, in the version that asked for this case."
    behind = requesters(case)
    if all(identity(one.by, one.by_id) in behind for one in given):
        return f"Whoever approved rule {rule} has also requested or changed this case."
    return ""


def _in_words(rule: int, given: Sequence[RuleApproval]) -> str:
    """Such as “rule 4, approved by ann@example.com on 3 November 2026 and bob@example.com on 4 November 2026”."""
    names = [f"{one.by} on {day_in_words(timezone.localdate(one.at))}" for one in given]
    return f"rule {rule}, approved by {' and '.join(names)}"[:320]
