"""The first account, created through a one-time link."""

from django.db import transaction

from usher.access.models import SignInLink, User
from usher.access.roles import UserRole
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.locks import Lock, lock_transaction


def make_first_account(link: SignInLink, account: User) -> bool:
    """Stores `account`, whose password is set, as an admin, and uses the link up.

    False, storing nothing, when the link has expired or an account exists by now.
    """
    with transaction.atomic():
        # One at a time, whatever the number of open links: only one account may be the first.
        lock_transaction(Lock.FIRST_ACCOUNT.whole)
        if not may_make_first_account() or not link.take():
            return False
        account.is_staff = account.is_superuser = True
        account.role = UserRole.ADMIN
        account.save()
        itself = Actor("person", account.username, account.pk, via="page")
        record(itself, "access.user_added", account.username, after={"role": account.role})
        return True


def may_make_first_account() -> bool:
    return not User.objects.exists()
