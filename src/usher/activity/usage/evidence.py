"""What counts as evidence of use: one rule, for every event."""

from usher.activity.models import Use
from usher.asana import AuditLogEvent

AUTOMATED_METHODS = frozenset({"service_account", "personal_access_token", "oauth"})
NOBODYS_CONTEXTS = frozenset({"asana", "asana_support"})


def use_of(event: AuditLogEvent) -> Use:
    """Whether the event shows its actor using Asana, by hand or by machine.

    A failed sign-in is no use; what Asana or its support did is nobody's; what came through the API with a
    token, or from a rule, is automated. A call with the browser's cookie is human.
    """
    actor, context = event.actor, event.context
    if (
        actor is None
        or actor.actor_type != "user"
        or not actor.gid
        or event.event_type == "user_login_failed"
    ):
        return Use.NONE
    if context is None:
        return Use.HUMAN
    if context.context_type in NOBODYS_CONTEXTS:
        return Use.NONE
    if context.rule_name:
        return Use.AUTOMATED
    if context.context_type == "api" and context.api_authentication_method in AUTOMATED_METHODS:
        return Use.AUTOMATED
    return Use.HUMAN
