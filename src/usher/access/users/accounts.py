"""Adding users, changing their role, deactivating them, and sign-in links. The ledger records each change."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from usher.access.models import ApiToken, SignInLink, User
from usher.access.roles import UserRole
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused

EMAIL_MAX = 150  # it is also the user name, whose column is this long


class CannotChange(Refused):
    """Why a user was not added or changed."""

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


@transaction.atomic
def add_user(email: str, role: UserRole, actor: Actor, name: str = "") -> User:
    """Adds an account without a password; a sign-in link lets its owner set one. Raises CannotChange."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise CannotChange(f"“{email}” is not an e-mail address.", "Check the address.") from error
    if len(email) > EMAIL_MAX:
        raise CannotChange(f"The address has more than {EMAIL_MAX} characters.")
    user = User(username=email, email=email, name=name.strip(), role=role)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise CannotChange(
            f"{email} already has an account.", "Change its role, or activate it again."
        ) from error
    record(actor, "access.user_added", subject_of(user), after={"role": str(role)})
    return user


@transaction.atomic
def change_role(user: User, role: UserRole, actor: Actor) -> None:
    """Applies from the next request on. Raises CannotChange for the own account and for the last admin."""
    user, is_only_admin = _locked(user)
    before = user.role
    if before == role:
        return
    if user.pk == actor.user_id:
        raise CannotChange("You cannot change your own role.", "Ask another admin.")
    if is_only_admin:
        raise _usher_needs_an_admin(user)
    user.role = role
    user.save(update_fields=["role"])
    record(actor, "access.role_changed", subject_of(user), before={"role": before}, after={"role": str(role)})


@transaction.atomic
def deactivate(user: User, actor: Actor) -> None:
    """Ends sessions, sign-in links and API tokens at once, and keeps the account. Raises CannotChange."""
    user, is_only_admin = _locked(user)
    if not user.is_active:
        return
    if user.pk == actor.user_id:
        raise CannotChange("You cannot deactivate your own account.", "Ask another admin.")
    if is_only_admin:
        raise _usher_needs_an_admin(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    SignInLink.objects.filter(user=user, used_at=None).delete()
    revoked = ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
    record(
        actor,
        "access.user_deactivated",
        subject_of(user),
        before={"role": user.role},
        after={"api_tokens_revoked": revoked},
    )


@transaction.atomic
def reactivate(user: User, actor: Actor) -> None:
    """Restores the role and password. API tokens stay revoked."""
    user, _ = _locked(user)
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(actor, "access.user_reactivated", subject_of(user), after={"role": user.role})


@transaction.atomic
def make_sign_in_link(user: User, actor: Actor) -> str:
    """The token of a link that signs in once. Raises CannotChange for a deactivated account."""
    if not _locked(user)[0].is_active:
        raise CannotChange(f"The account of {user.username} is deactivated.", "Activate it first.")
    token = SignInLink.issue(user)
    record(actor, "access.sign_in_link_made", subject_of(user))
    return token


def subject_of(user: User) -> str:
    name = f"{user.name} <{user.username}>" if user.name else user.username
    return f"user {user.pk}: {name}"


def _locked(user: User) -> tuple[User, bool]:
    """The user as they are now, and whether they are the only admin who can sign in.

    Locks all admins, in one order, so that two cannot demote each other at the same time.
    """
    admins = Q(role=UserRole.ADMIN, is_active=True)
    locked = User.objects.select_for_update().filter(admins | Q(pk=user.pk)).order_by("pk")
    accounts = {each.pk: each for each in locked}
    able = [each.pk for each in accounts.values() if each.role == UserRole.ADMIN and each.is_active]
    return accounts[user.pk], able == [user.pk]


def _usher_needs_an_admin(user: User) -> CannotChange:
    return CannotChange(f"{user.username} is the only admin.", "Make another user an admin first.")
