"""Notes wrong codes in the trail, and says how many recovery codes are left."""

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_used
from django.contrib import messages
from django.dispatch import receiver
from django.http import HttpRequest

from usher.access.mfa.factors import unused_codes
from usher.access.models import User
from usher.access.trail.kinds import Seen
from usher.access.trail.note import note


@receiver(authentication_failed)
def _wrong_code(request: HttpRequest, user: User, reauthentication: bool, **more: object) -> None:
    what = "wrong code as a proof" if reauthentication else "wrong code of the second factor"
    note(request, Seen.SIGN_IN_FAILED, what, user=user)


@receiver(authenticator_used)
def _recovery_code_used(
    request: HttpRequest, user: User, authenticator: Authenticator, **more: object
) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        left = len(unused_codes(user) or [])
        plural = "" if left == 1 else "s"
        messages.warning(request, f"You used a recovery code. You have {left} recovery code{plural} left.")
