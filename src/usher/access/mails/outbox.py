"""What is to be told to the owner of an account. A job sends it after the transaction."""

from enum import StrEnum

from django.utils import timezone

from usher.access.models import AccountMail, User
from usher.platform.scope import whole_installation
from usher.web.mail import sends_mail


class Mail(StrEnum):
    """The kinds of e-mails. Values are stored, so they do not change."""

    PROVE_ADDRESS = "prove_address"
    ADDRESS_ASKED = "address_asked"
    ADDRESS_CHANGED = "address_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # no password
    NEW_TOKEN = "new_token"  # noqa: S105  # no password
    TOKEN_ENDS = "token_ends"  # noqa: S105  # no password
    NEW_SERVICE_TOKEN = "new_service_token"  # noqa: S105  # no password
    SERVICE_TOKEN_ENDS = "service_token_ends"  # noqa: S105  # no password
    NEW_PASSKEY = "new_passkey"
    NEW_APP = "new_app"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_RESET = "factor_reset"
    NEW_PLACE = "new_place"
    BREAK_GLASS = "break_glass"


@whole_installation()
def tell(user: User, kind: Mail, *, address: str = "", **facts: str | int) -> None:
    """Stores an e-mail to the user, or to `address`, in the caller's transaction. Without a mail server, nothing.

    `facts` are what the text names (mails/texts.py); never a secret.
    """
    receiver = address or user.email
    if sends_mail() and receiver:
        AccountMail.objects.create(
            user=user, address=receiver, kind=str(kind), facts=facts, next_attempt_at=timezone.now()
        )
