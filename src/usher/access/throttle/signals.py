"""After a sign-in, whichever way it came: its attempts were no guesses, and a new place is told by mail."""

from datetime import timedelta

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from usher.access.mails.outbox import Mail, tell
from usher.access.models import User
from usher.access.throttle.attempts import succeeded
from usher.access.throttle.devices import remember_device
from usher.access.trail.note import agent_of, place_of, visitor_address

NEW_ACCOUNT = timedelta(days=1)


@receiver(user_logged_in)
def _signed_in(request: HttpRequest | None, user: User, **more: object) -> None:
    address = visitor_address(request)
    if request is None or address is None:
        return
    succeeded(request)
    is_first = not user.known_devices.exists() and timezone.now() - user.date_joined < NEW_ACCOUNT
    if remember_device(request, user, address, agent_of(request)) and not is_first:
        tell(user, Mail.NEW_PLACE, place=place_of(request))
