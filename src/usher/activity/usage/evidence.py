"""What counts as evidence of use."""

from usher.activity.models import Use
from usher.asana import AuditLogEvent

AUTOMATED_METHODS = frozenset({"service_account", "personal_access_token", "oauth"})
CONTEXTS_OF_ASANA = frozenset({"asana", "asana_support"})


def use_of(event: AuditLogEvent) -> Use:
    """Whether the event shows human or automated use of Asana by its actor, or none.

    A failed sign-in is not use, and neither is what Asana or its support does. Requests to the API with a token and
    actions of rules are automated. Requests with the browser's cookie are human.
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
    if context.context_type in CONTEXTS_OF_ASANA:
        return Use.NONE
    if context.rule_name:
        return Use.AUTOMATED
    if context.context_type == "api" and context.api_authentication_method in AUTOMATED_METHODS:
        return Use.AUTOMATED
    return Use.HUMAN
