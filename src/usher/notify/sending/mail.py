"""By e-mail.

Each delivery has one Message-ID, the same with every attempt. A process that dies between the server's "250" and our
commit leaves a delivery that nobody can tell from one that was never taken. Usher sends it again: a message that is
lost is worse than one that comes twice, and mail servers such as Exchange and Gmail drop a second message with a
Message-ID that they have delivered.
"""

import asyncio
from email.utils import parseaddr
from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from usher.notify.models import Delivery
from usher.notify.rendering import NoticeMessage
from usher.notify.sending.outcomes import SENT, Attempt, Ending, later, refused
from usher.web.mail import NO_SERVER, sends_mail

SET_UP = "Set USHER_SMTP_HOST and the other USHER_SMTP_ variables (docs/settings.md)."
CHECK = "Check the USHER_SMTP_ variables, and the log of the mail server."


async def send_by_mail(delivery: Delivery, message: NoticeMessage) -> Attempt:
    return await asyncio.to_thread(_send, delivery, message)


def _send(delivery: Delivery, message: NoticeMessage) -> Attempt:
    if not sends_mail():
        return refused(NO_SERVER, SET_UP)
    mail = EmailMultiAlternatives(
        subject=" ".join(message.subject.split()),
        body=message.text,
        to=[delivery.address],
        headers={
            "Message-ID": f"<{delivery.idempotency}@{_own_domain()}>",
            "Auto-Submitted": "auto-generated",  # so that absence notes do not answer
            "X-Auto-Response-Suppress": "All",
        },
    )
    mail.attach_alternative(message.html, "text/html")
    try:
        mail.send()
    except ValueError:  # Django's: this can be no address
        return Attempt(
            Ending.BOUNCED, f"“{delivery.address}” is not an e-mail address.", "Correct the address."
        )
    except SMTPException as error:
        return _outcome_of(error, delivery.address)
    except OSError as error:
        return later(f"The mail server could not be reached: {error}", CHECK)
    return SENT


def _outcome_of(error: SMTPException, address: str) -> Attempt:
    match error:
        case SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return _of_recipient(code, _text(words), address)
        case SMTPDataError() if _is_about_recipient(error.smtp_code, _text(error.smtp_error)):
            return _of_recipient(error.smtp_code, _text(error.smtp_error), address)
        case SMTPAuthenticationError():
            return later(f"The mail server refused Usher's user or password ({error.smtp_code}).", CHECK)
        case SMTPDataError() | SMTPSenderRefused() if error.smtp_code >= 500:
            return refused(
                f"The mail server refused the message: {error.smtp_code} {_text(error.smtp_error)}", CHECK
            )
        case SMTPNotSupportedError():
            return refused(f"The mail server cannot send this: {error}", CHECK)
    return later(f"The mail server did not take the message: {error}", CHECK)


def _is_about_recipient(code: int, words: str) -> bool:
    """Some servers look at the receiver only when they have the message. The enhanced status 5.1.x says so."""
    return code >= 500 and words.startswith("5.1.")


def _of_recipient(code: int, words: str, address: str) -> Attempt:
    if code >= 500:
        problem = f"The mail server does not take mail for {address}: {code} {words}"
        return Attempt(Ending.BOUNCED, problem, "Correct the address.")
    return later(f"The mail server takes mail for {address} later: {code} {words}")


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _own_domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "usher.invalid"
