"""A restored database remembers sessions and links that had ended. None of them may work again."""

from django.contrib.sessions.models import Session

from usher.access.models import AddressChange, SignInLink
from usher.ledger.models import MissingHead
from usher.platform.scope import whole_installation


@whole_installation()
def end_sessions_and_links() -> None:
    """Everyone signs in again. Unused sign-in links, and links that prove an address, are void."""
    Session.objects.all().delete()
    SignInLink.objects.filter(used_at=None).delete()
    AddressChange.objects.filter(used_at=None).delete()


@whole_installation()
def is_under_review() -> bool:
    """Whether the database was restored, and no admin has looked yet. A revoked token may be valid again."""
    return MissingHead.objects.filter(settled_at=None).exists()
