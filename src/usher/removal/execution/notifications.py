"""Telling people how a case ended, by e-mail where a mail server is set."""

import logging
from dataclasses import dataclass
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from usher.removal.models import Approval, Case

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NotificationResult:
    words: str
    was_sent: bool


def notify_about(case: Case) -> NotificationResult:
    """To who asked and who approved. That a mail does not go out never fails a case."""
    if not settings.EMAIL_HOST:
        return NotificationResult("No mail server is set, so nobody was written to.", was_sent=False)
    receivers = _receivers(case)
    if not receivers:
        return NotificationResult("Nobody who asked or approved has an e-mail address.", was_sent=False)
    address = settings.USHER_BASE_URL + reverse("removal:case", args=[case.pk])
    workspaces = ", ".join(target.workspace_name for target in case.targets.all())
    # A subject is one line, whatever Asana lets people call themselves.
    name = " ".join((case.person_name or case.person_email or case.person_gid).split())
    message = EmailMessage(
        subject=f"{case.get_kind_display()}: {name} is done",
        body=(
            f"{case.who}\n{case.get_kind_display()}: {workspaces}\nReason: {case.reason or '(none given)'}\n\n"
            f"Verified in Asana. Steps, calls and evidence: {address}\n"
        ),
        to=receivers,
    )
    try:
        message.send()
    except (OSError, SMTPException, ValueError) as error:  # ValueError: an address that is none
        log.warning("The mail about case %s did not go out: %s", case.pk, error)
        return NotificationResult(f"The mail did not go out: {error}"[:500], was_sent=False)
    return NotificationResult(f"Written to {', '.join(receivers)}.", was_sent=True)


def _receivers(case: Case) -> list[str]:
    approvers = case.approvals.filter(word=Approval.Word.APPROVED).values_list("by", flat=True)
    names = [case.opened_by, case.asked_by, *approvers]
    # A token's name is its person's address and its own, apart by a colon.
    return sorted({name.partition(":")[0] for name in names if "@" in name.partition(":")[0]})
