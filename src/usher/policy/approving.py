"""Admins approve a rule in advance, so that it stands for the approval of its cases where the guardrails let it.

Two are needed, and neither may have written the version. They have to see whom it finds, as for letting it act.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from usher.access.acting import is_admin
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.policy.changes import CannotChangeRule, definition_of, has_been_tried, locked
from usher.policy.definition import Does
from usher.policy.models import Policy
from usher.refusals import Refused
from usher.removal.cases.in_advance import ADMINS_NEEDED, approvers_of, approvers_of_each, end_approvals
from usher.removal.guardrails.facts import identity, identity_in, identity_of
from usher.removal.models import Guardrails, RuleApproval

STATES = (Policy.State.WATCHING, Policy.State.ACTING)


class CannotApproveRule(Refused):
    """This person's approval of the rule does not count."""


@dataclass(frozen=True)
class RuleApprovals:
    """Of one version of a rule. `is_on`: whether rules may approve at all."""

    is_on: bool
    given: list[RuleApproval]

    @property
    def count_now(self) -> bool:
        return self.is_on and len(self.given) >= ADMINS_NEEDED

    @property
    def missing(self) -> int:
        return max(0, ADMINS_NEEDED - len(self.given))


@dataclass(frozen=True)
class ShownApprovals(RuleApprovals):
    """What the page of a rule shows. `why_not`: why this person cannot approve; empty if they can."""

    why_not: str
    is_mine: bool


def approvals_of(policies: Sequence[Policy]) -> dict[int, RuleApprovals]:
    """By the key of the rule, in a fixed number of queries."""
    is_on = _rules_may_approve()
    given = approvers_of_each((policy.pk, policy.version) for policy in policies)
    return {policy.pk: RuleApprovals(is_on, given[policy.pk]) for policy in policies}


def approvals_shown(policy: Policy, actor: Actor) -> ShownApprovals | None:
    """None for a rule that requests no approval, so that there is nothing to stand for."""
    if not requests_approval(policy):
        return None
    given = approvers_of(policy.pk, policy.version)
    refused = _why_refused(policy, actor, given)
    return ShownApprovals(
        is_on=_rules_may_approve(),
        given=given,
        why_not=f"{refused.message} {refused.remedy}" if refused else "",
        is_mine=any(one.by_id == actor.user_id for one in given),
    )


def requests_approval(policy: Policy) -> bool:
    """A seat that is released is one, too."""
    return definition_of(policy).what.does in (Does.REQUEST, Does.ASK)


def approve_rule(policy: Policy, actor: Actor, seen: int | None) -> None:
    """`seen`: the trial that the person saw. Raises CannotApproveRule, CannotChangeRule."""
    with transaction.atomic():
        policy = locked(policy)
        if not _rules_may_approve():
            raise CannotApproveRule(
                "A rule never approves here.", "An admin can change that under Settings, Guardrails."
            )
        if not requests_approval(policy):
            raise CannotApproveRule(
                "This rule requests no approval.", "There is nothing to approve in advance."
            )
        if policy.state not in STATES:
            raise CannotApproveRule("The rule is not on.", "Watch it first, then approve it.")
        if not has_been_tried(policy, seen):
            raise CannotChangeRule(
                "Nobody has seen whom this version of the rule finds.",
                "Try it, look at the list, and approve it there.",
            )
        given = approvers_of(policy.pk, policy.version)
        refused = _why_refused(policy, actor, given)
        if refused:
            raise refused
        assert actor.user_id is not None
        try:
            with transaction.atomic():
                RuleApproval.objects.create(
                    rule=policy.pk,
                    version=policy.version,
                    connection=policy.connection,
                    by=actor.name,
                    by_id=actor.user_id,
                    via=actor.via,
                )
        except IntegrityError as error:
            raise CannotApproveRule(
                "You have already approved this rule.", "Another admin must approve it, too."
            ) from error
        _record(policy, actor, "rule.approved", {"version": policy.version, "trial": seen})


def take_back(policy: Policy, actor: Actor) -> None:
    """Cases that the rule approved and that have not begun wait for a person then."""
    with transaction.atomic():
        policy = locked(policy)
        if actor.user_id is None or not end_approvals(
            policy.pk, f"Taken back by {actor.name}.", actor.user_id
        ):
            raise CannotApproveRule("You have not approved this rule.", "There is nothing to take back.")
        _record(policy, actor, "rule.approval_taken_back", {"version": policy.version})


def _rules_may_approve() -> bool:
    settings = Guardrails.get()
    return settings.needs_approval and settings.rules_may_approve


def _why_refused(policy: Policy, actor: Actor, given: list[RuleApproval]) -> CannotApproveRule | None:
    if actor.user_id is None or not is_admin(actor):
        return CannotApproveRule("Only an admin with an account may approve a rule.", "Ask one.")
    wrote = _writers(policy)
    if identity_of(actor) in wrote:
        return CannotApproveRule(
            "You wrote this version of the rule.", f"{ADMINS_NEEDED} other admins must approve it."
        )
    if any(one.by_id == actor.user_id for one in given):
        return CannotApproveRule(
            "You have already approved this rule.", "Another admin must approve it, too."
        )
    let_in = identity(actor.let_in_by, actor.let_in_by_id) if actor.let_in_by else ""
    if let_in and let_in in {*wrote, *(identity(one.by, one.by_id) for one in given)}:
        return CannotApproveRule(
            f"You signed in with a link that {actor.let_in_by} made, who wrote or approved this rule.",
            "Sign in through your company's identity provider or with a link that somebody else made.",
        )
    return None


def _writers(policy: Policy) -> set[str]:
    """Whoever wrote this version: one, and for a service account whoever made its token."""
    writer, *others = policy.switched_on_by
    behind = [each for each in others if each.get("through") == writer["name"]]
    return {identity_in(one) for one in (writer, *behind)}


def _record(policy: Policy, actor: Actor, action: str, after: dict[str, str | int | None]) -> None:
    record(actor, action, f"rule {policy.pk}: {policy.name}", after=after, connection=policy.connection_id)
