"""Changing the e-mail address of an account: by an admin, or by its owner with a proof by mail."""

import hashlib
import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone

from usher.access.mails.outbox import Mail, tell
from usher.access.models import AddressChange, User
from usher.access.users.accounts import CannotChange, locked_account, subject_of
from usher.access.users.addresses import InvalidAddress, normal_address
from usher.access.users.endings import end_access
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.platform.scope import whole_installation
from usher.web.mail import sends_mail


@transaction.atomic
def change_address(user: User, address: str, actor: Actor, *, end_api_tokens: bool = False) -> None:
    """Ends sessions and open links of the account, and tells the old address. Raises CannotChange."""
    user, _ = locked_account(user)
    _set_address(user, _free_address(user, address), actor, end_api_tokens=end_api_tokens)


@transaction.atomic
def request_address_change(user: User, address: str, *, end_api_tokens: bool = False) -> AddressChange:
    """Has a link sent to the new address, which works once, within an hour. It replaces an earlier one.

    Raises CannotChange, also where no mail can be sent.
    """
    if not sends_mail():
        raise CannotChange("Usher has no mail server to send a link to the new address.", "Ask an admin.")
    address = _free_address(user, address)
    AddressChange.objects.filter(user=user, used_at=None).delete()
    change = AddressChange.objects.create(
        user=user,
        new_address=address,
        ends_api_tokens=end_api_tokens,
        expires_at=timezone.now() + AddressChange.LIFETIME,
    )
    tell(user, Mail.PROVE_ADDRESS, address=address, change=change.pk)
    tell(user, Mail.ADDRESS_ASKED, new_address=address)
    return change


def issue_proof(change_id: int) -> str | None:
    """The token of a new link, which replaces the one before; None when the change is over."""
    token = secrets.token_urlsafe(32)
    found = AddressChange.objects.filter(pk=change_id, used_at=None, expires_at__gt=timezone.now())
    return token if found.update(token_hash=_hash(token)) else None


def find_address_change(token: str, user: User) -> AddressChange | None:
    """The user's own open change with this token. Nobody else can prove anything with it."""
    return AddressChange.objects.filter(
        token_hash=_hash(token), user=user, used_at=None, expires_at__gt=timezone.now()
    ).first()


@transaction.atomic
def confirm_address_change(change: AddressChange, actor: Actor) -> None:
    """Raises CannotChange, also when the link was used meanwhile."""
    user = User.objects.select_for_update().get(pk=change.user_id)
    open_change = AddressChange.objects.filter(pk=change.pk, used_at=None, expires_at__gt=timezone.now())
    if not open_change.update(used_at=timezone.now()):
        raise CannotChange("This link is used or expired.", "Ask for a new one on your profile.")
    address = _free_address(user, change.new_address)
    _set_address(user, address, actor, end_api_tokens=change.ends_api_tokens)


def _free_address(user: User, address: str) -> str:
    try:
        address = normal_address(address)
    except InvalidAddress as error:
        raise CannotChange(error.message, error.remedy) from error
    with whole_installation():
        is_taken = User.objects.filter(username=address).exclude(pk=user.pk).exists()
    if is_taken:
        raise _is_taken(address)
    return address


def _set_address(user: User, address: str, actor: Actor, *, end_api_tokens: bool) -> None:
    before = user.username
    if address == before:
        return
    subject = subject_of(user)
    user.username = user.email = address
    try:
        with transaction.atomic():
            user.save(update_fields=["username", "email"])
    except IntegrityError as error:  # somebody took it just now
        raise _is_taken(address) from error
    ended = end_access(user, api_tokens=end_api_tokens)
    record(
        actor,
        "access.email_changed",
        subject,
        before={"email": before},
        after={"email": address, "api_tokens_revoked": ended},
    )
    tell(user, Mail.ADDRESS_CHANGED, address=before, new_address=address, by=actor.name)


def _is_taken(address: str) -> CannotChange:
    return CannotChange(f"Another user already signs in with {address}.", "Choose another address.")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
