"""Giving out the head of the ledger every day, so that somebody outside holds one."""

import logging

from django.conf import settings

from usher.access.models import User
from usher.access.roles import UserRole
from usher.ledger.continuity import note_head
from usher.web.mail import send_mail, sends_mail

log = logging.getLogger(__name__)

ADMINS = "admins"
BODY = """\
The head of Usher's ledger:

{head}

Keep this e-mail. If somebody changes or deletes an entry up to this one, or restores an older database, this shows it:

usher ledger verify --head {head}

{address}
"""


def give_out_head() -> str:
    """Writes the head to the log, and mails it to whom USHER_LEDGER_HEADS_TO names.

    Returns it; empty without entries.
    """
    head = note_head()
    if not head:
        return ""
    log.info("Ledger head of today: %s", head)
    receivers = _receivers()
    if receivers and sends_mail():
        number = head.partition(":")[0]
        # Each for themselves: an auditor need not see who the admins are.
        for receiver in receivers:
            send_mail(
                f"Usher's ledger: entry {number}",
                BODY.format(head=head, address=settings.USHER_BASE_URL),
                [receiver],
            )
    return head


def _receivers() -> list[str]:
    named = [one for one in settings.USHER_LEDGER_HEADS_TO if one != ADMINS]
    if ADMINS in settings.USHER_LEDGER_HEADS_TO:
        admins = User.objects.filter(role=UserRole.ADMIN, is_active=True).exclude(email="")
        named += admins.order_by("email").values_list("email", flat=True)
    return list(dict.fromkeys(named))
