"""The second factors of users: adding, naming and removing them. The ledger records each change."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from usher.access.mails.outbox import Mail, tell
from usher.access.models import SecurityPolicy, User
from usher.access.roles import UserRole
from usher.access.users.accounts import CannotChange, subject_of
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.record import record

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
NAME_MAX = 100
FEW_CODES = 3
MOST_PASSKEYS = 20


def second_factors(user: User) -> "QuerySet[Authenticator]":
    """Without the recovery codes, which only stand in for one."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS)
    return found.order_by("created_at", "pk")


def has_second_factor(user: User) -> bool:
    return second_factors(user).exists()


def is_required_of(user: User, policy: SecurityPolicy) -> bool:
    if policy.second_factor == SecurityPolicy.SecondFactor.APPROVERS:
        return user.role in (UserRole.APPROVER, UserRole.ADMIN)
    return policy.second_factor == SecurityPolicy.SecondFactor.EVERYONE


def users_without_required(policy: SecurityPolicy) -> "QuerySet[User]":
    """Who will be led to set one up, unless single sign-on counts as one for them."""
    of_them = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
    whose = {
        SecurityPolicy.SecondFactor.NOBODY: Q(pk=None),
        SecurityPolicy.SecondFactor.APPROVERS: Q(role__in=[UserRole.APPROVER, UserRole.ADMIN]),
        SecurityPolicy.SecondFactor.EVERYONE: Q(),
    }[SecurityPolicy.SecondFactor(policy.second_factor)]
    return User.objects.filter(whose, ~Exists(of_them), is_active=True).order_by("username")


def unused_codes(user: User) -> list[str] | None:
    """The recovery codes that still work; None without any."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return RecoveryCodes(row).get_unused_codes() if row else None


@transaction.atomic
def add_app(user: User, secret: str, code: str, actor: Actor, place: str) -> bool:
    """An authenticator app, which has shown `code`. Returns whether recovery codes were made with it.

    Raises CannotChange when the user has one.
    """
    _lock(user)
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        raise CannotChange("You already have an authenticator app.", "Remove it first, to set up another.")
    TOTP.activate(user, secret).validate_code(code)  # which uses the code up
    _record(actor, "second_factor_added", user, {"kind": "authenticator app"})
    tell(user, Mail.NEW_APP, place=place)
    return _make_first_codes(user)


@transaction.atomic
def add_passkey(user: User, name: str, credential: dict[str, object], actor: Actor, place: str) -> bool:
    """Returns whether recovery codes were made with it. Raises CannotChange when there are too many."""
    from allauth.mfa.webauthn.internal.auth import WebAuthn  # here, since it is slow to import

    _lock(user)
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).count() >= MOST_PASSKEYS:
        raise CannotChange(f"You have {MOST_PASSKEYS} passkeys.", "Remove one that you no longer use.")
    WebAuthn.add(user, name, credential)
    _record(actor, "second_factor_added", user, {"kind": "passkey", "name": name})
    tell(user, Mail.NEW_PASSKEY, name=name, place=place)
    return _make_first_codes(user)


@transaction.atomic
def rename_passkey(passkey: Authenticator, name: str, actor: Actor) -> None:
    before = passkey.data["name"]
    if before != name:
        passkey.data["name"] = name
        passkey.save(update_fields=["data"])
        _record(actor, "passkey_renamed", passkey.user, {"name": name}, before={"name": before})


@transaction.atomic
def remove_factor(user: User, pk: int, actor: Actor, place: str) -> None:
    """With the last one, the recovery codes go too. Raises CannotChange for the last one where one is required."""
    user = _lock(user)
    factor = second_factors(user).filter(pk=pk).first()
    if factor is None:  # removed meanwhile
        return
    is_last = second_factors(user).count() == 1
    if is_last and is_required_of(user, SecurityPolicy.get()):
        raise CannotChange("Your role needs a second factor, and this is the only one.", "Add another first.")
    factor.delete()
    if is_last:
        Authenticator.objects.filter(user=user).delete()
    _record(actor, "second_factor_removed", user, before=_facts(factor))
    what = f"passkey “{factor.data['name']}”" if "name" in factor.data else "authenticator app"
    tell(user, Mail.FACTOR_REMOVED, what=what, place=place)


@transaction.atomic
def make_recovery_codes(user: User, actor: Actor) -> None:
    """New ones; the old ones no longer work. Raises CannotChange without a second factor."""
    _lock(user)
    if not has_second_factor(user):
        raise CannotChange("Recovery codes stand in for a second factor.", "Add an app or a passkey first.")
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    _record(actor, "recovery_codes_made", user)


def _make_first_codes(user: User) -> bool:
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).exists():
        return False
    RecoveryCodes.activate(user)
    return True


def _facts(factor: Authenticator) -> JSON:
    if factor.type == Authenticator.Type.WEBAUTHN:
        return {"kind": "passkey", "name": factor.data["name"]}
    return {"kind": "authenticator app"}


def _lock(user: User) -> User:
    """One change at a time for each user, such as in two tabs."""
    return User.objects.select_for_update().get(pk=user.pk)


def _record(actor: Actor, action: str, user: User, after: JSON = None, before: JSON = None) -> None:
    record(actor, f"access.{action}", subject_of(user), before=before, after=after)
