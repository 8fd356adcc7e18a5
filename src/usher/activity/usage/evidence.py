"""What counts as evidence of use."""

from usher.activity.models import Use
from usher.asana import AuditLogEvent

AUTOMATED_METHODS = frozenset({"service_account", "personal_access_token", "oauth"})
CONTEXTS_OF_PEOPLE = frozenset({"web", "desktop", "mobile", "email"})
CONTEXTS_OF_ASANA = frozenset({"asana", "asana_support"})


def use_of(event: AuditLogEvent) -> Use:
    """Whether the event shows human or automated use of Asana by its actor, or none.

    Only what a user did is use: not a failed sign-in, not what Asana or its support did, and not what an actor of an
    unknown kind did. What a service account did is automated, wherever it came from, and so are requests with a
    token, unless they come from an app of Asana's own, and actions of rules.
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
    method = context.api_authentication_method
    if method == "service_account":
        return Use.AUTOMATED
    if method in AUTOMATED_METHODS and context.context_type not in CONTEXTS_OF_PEOPLE:
        return Use.AUTOMATED
    return Use.HUMAN
