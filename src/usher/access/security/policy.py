"""Reading and changing the security policy."""

from collections.abc import Mapping

from django.db import transaction
from django.http import HttpRequest

from usher.access.models import SecurityPolicy
from usher.ledger.actors import Actor
from usher.ledger.record import record

POLICY_FIELDS = ("second_factor", "provider_asks", "proof_minutes", "idle_minutes", "session_hours")


def policy_for(request: HttpRequest) -> SecurityPolicy:
    """The policy, read once for each request."""
    known: SecurityPolicy | None = getattr(request, "security_policy", None)
    if known is None:
        known = SecurityPolicy.get()
        request.security_policy = known  # type: ignore[attr-defined]
    return known


@transaction.atomic
def change_policy(actor: Actor, changed: Mapping[str, object], reason: str = "") -> None:
    """Sets those of POLICY_FIELDS that `changed` names. They apply from the next request on."""
    SecurityPolicy.objects.get_or_create(pk=1)
    policy = SecurityPolicy.objects.select_for_update().get(pk=1)
    before = _as_text(policy)
    for name in POLICY_FIELDS:
        if name in changed:
            setattr(policy, name, changed[name])
    policy.save()
    after = _as_text(policy)
    if after != before:
        record(actor, "settings.security_changed", "security", reason=reason, before=before, after=after)


def _as_text(policy: SecurityPolicy) -> dict[str, str]:
    return {name: str(getattr(policy, name)) for name in POLICY_FIELDS}
