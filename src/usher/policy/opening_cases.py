"""Opening a case for a rule. It waits for approval like any other, and whoever made the rule act cannot give it.

Where the guardrails let a rule that two admins approved stand for that approval, `removal.cases.in_advance` decides.
"""

from collections.abc import Sequence

from usher.policy.changes import actor_of_rule
from usher.policy.definition import What
from usher.policy.models import Policy
from usher.removal.cases.bulk import BulkRequest, HandOver, open_cases
from usher.removal.cases.in_advance import AskingRule
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Case, Guardrails


def open_for_rule(
    policy: Policy,
    what: What,
    candidate: Candidate | None,
    *,
    otherwise: Case.Cause,
    reason: str,
    workspaces: Sequence[str],
    requests: bool,
) -> tuple[Case | None, str]:
    """The case, or why there is none. `otherwise`: its cause, where the person is no leaver.

    Where no approval is needed, a request would be one, since the case would run at once: then it is a draft.
    """
    if candidate is None:
        return None, "They have just left."
    wanted = BulkRequest(
        kind=what.kind,
        otherwise=otherwise,
        reason=reason[:1000],
        hand_over=HandOver.MANAGER if what.hand_over_to_manager else HandOver.NOBODY,
        request_approval=requests and Guardrails.get().needs_approval,
        workspaces=workspaces,
        behind=policy.switched_on_by,
        rule=AskingRule(policy.pk, policy.version, what.at_most)
        if policy.state == Policy.State.ACTING
        else None,
    )
    for result in open_cases([candidate], wanted, actor_of_rule(policy)):
        return (None, result.problem[:500]) if result.problem else (result.case, "")
    return None, candidate.blocked[:500]
