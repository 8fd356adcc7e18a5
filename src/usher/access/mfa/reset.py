"""Resetting the second factors of somebody who lost theirs."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from usher.access.mails.outbox import Mail, tell
from usher.access.models import User
from usher.access.users.accounts import CannotChange, locked_account, subject_of
from usher.access.users.endings import end_access
from usher.ledger.actors import Actor
from usher.ledger.record import record


@transaction.atomic
def reset_second_factor(user: User, actor: Actor) -> None:
    """Removes all of them and ends the user's sessions. Raises CannotChange for oneself, and without any."""
    if user.pk == actor.user_id:
        raise CannotChange(
            "You cannot reset your own second factor.", "Remove it on your profile, or ask another admin."
        )
    user, _ = locked_account(user)
    kinds = list(Authenticator.objects.filter(user=user).order_by("pk").values_list("type", flat=True))
    if not kinds:
        raise CannotChange(f"{user.username} has no second factor.")
    Authenticator.objects.filter(user=user).delete()
    end_access(user, api_tokens=False)
    tell(user, Mail.FACTOR_RESET, by=actor.name)
    record(
        actor, "access.second_factor_reset", subject_of(user), before={"kinds": [str(kind) for kind in kinds]}
    )
