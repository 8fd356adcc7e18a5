"""The last verification of the whole ledger. A job makes it, since it reads every entry."""

from django.utils import timezone

from usher.ledger.models import LedgerCheck
from usher.ledger.verify import Verification


def verify_and_keep() -> LedgerCheck:
    verification = Verification()
    problem = next(verification.problems(), None)
    check, _ = LedgerCheck.objects.update_or_create(
        pk=1,
        defaults={
            "at": timezone.now(),
            "checked_to": verification.number,
            "problem": problem.message if problem else "",
        },
    )
    return check


def last_check() -> LedgerCheck | None:
    """None before the first one."""
    return LedgerCheck.objects.first()
