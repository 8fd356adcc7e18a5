"""Adding users, changing their role, deactivating them, and sign-in links. The ledger records each change."""

from django.db import IntegrityError, transaction
from django.db.models import Q

from usher.access.models import SignInLink, SignInPolicy, User
from usher.access.roles import UserRole
from usher.access.users.addresses import InvalidAddress, normal_address
from usher.access.users.endings import end_access
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.record import record
from usher.platform.scope import current_scope, whole_installation
from usher.refusals import Refused


class CannotChange(Refused):
    """Why a user was not added or changed."""

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UsherNeedsAnAdmin(CannotChange):
    """Without this user, no admin would see all connections."""

    def __init__(self, user: User) -> None:
        super().__init__(
            f"{user.username} is the only admin who sees all connections.",
            "Make another user an admin first.",
        )


@transaction.atomic
def add_user(email: str, role: UserRole, actor: Actor, name: str = "") -> User:
    """Adds an account without a password; a sign-in link lets its owner set one. Raises CannotChange.

    It sees what whoever adds it sees: all connections, or those that a limited admin is limited to.
    """
    try:
        email = normal_address(email)
    except InvalidAddress as error:
        raise CannotChange(error.message, error.remedy) from error
    seen = current_scope().connections
    scope = None if seen is None else sorted(seen)
    user = User(username=email, email=email, name=name.strip(), role=role, scope=scope)
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
def change_role(user: User, role: UserRole, actor: Actor, *, end_api_tokens: bool = False) -> None:
    """Ends sessions and open links of the account. Raises CannotChange for the own account and for the last admin."""
    user, is_only_admin = locked_account(user)
    before = user.role
    if before == role:
        return
    if user.pk == actor.user_id:
        raise CannotChange("You cannot change your own role.", "Ask another admin.")
    if is_only_admin:
        raise UsherNeedsAnAdmin(user)
    _refuse_for_break_glass(user)
    user.role = role
    user.save(update_fields=["role"])
    ended = end_access(user, api_tokens=end_api_tokens)
    after: JSON = {"role": str(role)}
    if end_api_tokens:
        after = {"role": str(role), "api_tokens_revoked": ended}
    record(actor, "access.role_changed", subject_of(user), before={"role": before}, after=after)


@transaction.atomic
def deactivate(user: User, actor: Actor) -> None:
    """Ends sessions, sign-in links and API tokens for good, and keeps the account. Raises CannotChange."""
    user, is_only_admin = locked_account(user)
    if not user.is_active:
        return
    if user.pk == actor.user_id:
        raise CannotChange("You cannot deactivate your own account.", "Ask another admin.")
    if is_only_admin:
        raise UsherNeedsAnAdmin(user)
    _refuse_for_break_glass(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    revoked = end_access(user, api_tokens=True)
    record(
        actor,
        "access.user_deactivated",
        subject_of(user),
        before={"role": user.role},
        after={"api_tokens_revoked": revoked},
    )


@transaction.atomic
def reactivate(user: User, actor: Actor) -> None:
    """Restores the role and password. Sessions, links and API tokens of before stay ended."""
    user, _ = locked_account(user)
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(actor, "access.user_reactivated", subject_of(user), after={"role": user.role})


@transaction.atomic
def make_sign_in_link(user: User, actor: Actor) -> str:
    """The token of a link that signs in once. Raises CannotChange for a deactivated account."""
    if not locked_account(user)[0].is_active:
        raise CannotChange(f"The account of {user.username} is deactivated.", "Activate it first.")
    token = SignInLink.issue(user, made_by=actor)
    record(actor, "access.sign_in_link_made", subject_of(user))
    return token


def subject_of(user: User) -> str:
    name = f"{user.name} <{user.username}>" if user.name else user.username
    return f"user {user.pk}: {name}"


def locked_account(user: User) -> tuple[User, bool]:
    """The user as they are now, and whether they are the only admin who sees all connections and can sign in.

    Locks all admins, in one order, so that two cannot demote each other at the same time. Raises CannotChange where
    the user sees more than whoever asks: with another's account, a limited admin would see that too.
    """
    admins = Q(role=UserRole.ADMIN, is_active=True, scope=None)
    with whole_installation():
        locked = User.objects.select_for_update().filter(admins | Q(pk=user.pk)).order_by("pk")
        accounts = {each.pk: each for each in locked}
    account = accounts[user.pk]
    if not current_scope().covers(account.seen):
        raise CannotChange(
            f"{account.username} sees connections that you do not see.", "Ask an admin who sees all."
        )
    able = [
        each.pk
        for each in accounts.values()
        if each.role == UserRole.ADMIN and each.is_active and each.scope is None
    ]
    return account, able == [user.pk]


def _refuse_for_break_glass(user: User) -> None:
    if SignInPolicy.excepts(user):
        raise CannotChange(
            f"{user.username} is the break-glass account.",
            "Choose another one first, under Settings → Single sign-on.",
        )
