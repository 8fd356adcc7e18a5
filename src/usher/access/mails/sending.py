"""Sending the e-mails that wait."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from usher.access.mails.outbox import Mail
from usher.access.mails.texts import text_of
from usher.access.models import AccountMail
from usher.access.users.address_changes import issue_proof
from usher.web.mail import send_mail

KEPT = timedelta(days=30)
AT_A_TIME = 100


def send_waiting_mails() -> int:
    """Sends what is due, each in its own transaction, and returns how many went out.

    A process that is killed between sending and storing sends that one mail again.
    """
    sent = 0
    due = AccountMail.objects.filter(
        sent_at=None, next_attempt_at__lte=timezone.now(), attempts__lt=AccountMail.MOST_ATTEMPTS
    )
    for pk in due.order_by("id").values_list("pk", flat=True)[:AT_A_TIME]:
        with transaction.atomic():
            mail = due.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            sent += mail is not None and _send(mail)
    AccountMail.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return sent


def _send(mail: AccountMail) -> bool:
    facts = {**mail.facts, "account": mail.user.username, "base_url": settings.USHER_BASE_URL}
    if mail.kind == Mail.PROVE_ADDRESS:
        token = issue_proof(mail.facts["change"])
        if token is None:  # confirmed or replaced meanwhile
            mail.delete()
            return False
        facts["link"] = settings.USHER_BASE_URL + reverse("access:confirm_address", args=[token])
    mail.problem = send_mail(*text_of(mail.kind, facts), [mail.address])
    mail.attempts += 1
    if mail.problem:
        mail.next_attempt_at = timezone.now() + timedelta(minutes=2**mail.attempts)
    else:
        mail.sent_at = timezone.now()
    mail.save()
    return not mail.problem
