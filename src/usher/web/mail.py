"""Sending e-mail. A mail that cannot be sent never breaks what it is about."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

from usher.platform.printable import with_overrides_shown

log = logging.getLogger(__name__)

NO_SERVER = "No mail server is configured, so no e-mail was sent."
LONGEST_PROBLEM = 500


def sends_mail() -> bool:
    return bool(settings.EMAIL_HOST)


def send_mail(subject: str, body: str, receivers: list[str]) -> str:
    """Returns "" when the server has taken the mail, else why not, for people.

    A subject is one line, whatever people call themselves, and nothing turns the direction of writing round.
    """
    if not sends_mail():
        return NO_SERVER
    subject, body = with_overrides_shown(" ".join(subject.split())), with_overrides_shown(body)
    message = EmailMessage(subject=subject, body=body, to=receivers)
    try:
        message.send()
    except (OSError, SMTPException, ValueError) as error:  # ValueError: an invalid address
        log.warning("The e-mail “%s” could not be sent: %s", message.subject, error)
        return f"The e-mail could not be sent: {error}"[:LONGEST_PROBLEM]
    return ""
