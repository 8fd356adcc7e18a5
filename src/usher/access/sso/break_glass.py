"""Telling all admins when the break-glass account was used."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.utils import timezone

from usher.access.models import User
from usher.access.roles import UserRole, actor_for
from usher.access.users.accounts import subject_of
from usher.ledger.models import Entry
from usher.ledger.record import record

log = logging.getLogger(__name__)

USED = "access.break_glass_used"
SHOWN_FOR = timedelta(days=7)


def break_glass_was_used(request: HttpRequest, user: User) -> None:
    """Into the ledger and the log, and by mail to all admins where a mail server is set."""
    address = request.META.get("REMOTE_ADDR") or "this machine"
    record(actor_for(user, via="page"), USED, subject_of(user), after={"address": address})
    log.warning(
        "The break-glass account %s signed in without single sign-on, from %s.", user.username, address
    )
    if not settings.EMAIL_HOST:
        return
    admins = User.objects.filter(is_active=True, role=UserRole.ADMIN).exclude(email="")
    message = EmailMessage(
        subject="Usher: the break-glass account was used",
        body=f"{user.username} signed in to Usher at {settings.USHER_BASE_URL} without single sign-on, from "
        f"{address}.\n\nIf nobody of you did this, deactivate the account and look at the ledger.\n",
        bcc=list(admins.values_list("email", flat=True)),
    )
    try:
        message.send()
    except OSError as error:  # also what smtplib raises: the sign-in must not depend on the mail server
        log.error("The admins could not be told by mail that the break-glass account was used: %s", error)


def recent_use() -> Entry | None:
    """The last use, for as long as the dashboard shows it to admins."""
    return Entry.objects.filter(action=USED, at__gt=timezone.now() - SHOWN_FOR).order_by("-pk").first()
