"""Telling all admins when the break-glass account was used."""

import logging
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from usher.access.acting import actor_for
from usher.access.mails.outbox import Mail, tell
from usher.access.models import User
from usher.access.roles import UserRole
from usher.access.trail.note import place_of
from usher.access.users.accounts import subject_of
from usher.ledger.models import Entry
from usher.ledger.record import record
from usher.platform.scope import whole_installation

log = logging.getLogger(__name__)

USED = "access.break_glass_used"
SHOWN_FOR = timedelta(days=7)


@whole_installation()  # all admins
def break_glass_was_used(request: HttpRequest, user: User) -> None:
    """Into the ledger and the log, and by e-mail to all admins, where a mail server is set; a job sends it."""
    address = request.META.get("REMOTE_ADDR") or "this machine"
    record(actor_for(user, via="page"), USED, subject_of(user), after={"address": address})
    log.warning(
        "The break-glass account %s signed in without single sign-on, from %s.", user.username, address
    )
    for admin in User.objects.filter(is_active=True, role=UserRole.ADMIN):
        tell(admin, Mail.BREAK_GLASS, name=user.username, place=place_of(request))


def recent_use() -> Entry | None:
    """The last use, for as long as the dashboard shows it to admins."""
    return Entry.objects.filter(action=USED, at__gt=timezone.now() - SHOWN_FOR).order_by("-pk").first()
