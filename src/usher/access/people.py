"""People of Usher: added, given a role, let in by a link, deactivated. Everything is recorded."""

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
    """Why somebody was not added or changed, and what to do."""

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


@transaction.atomic
def add_person(email: str, role: UserRole, actor: Actor, name: str = "") -> User:
    """An account without a password: a sign-in link lets its owner in to set one. Raises CannotChange."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise CannotChange(f"“{email}” is not an e-mail address.", "Check it.") from error
    if len(email) > EMAIL_MAX:
        raise CannotChange(f"The address has more than {EMAIL_MAX} characters.")
    person = User(username=email, email=email, name=name.strip(), role=role)
    person.set_unusable_password()
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise CannotChange(
            f"{email} has an account already.", "Change its role, or activate it again."
        ) from error
    record(actor, "access.user_added", subject_of(person), after={"role": str(role)})
    return person


@transaction.atomic
def change_role(person: User, role: UserRole, actor: Actor) -> None:
    """Counts from the next request on. Raises CannotChange for oneself and for the last admin."""
    person, is_only_admin = _locked(person)
    before = person.role
    if before == role:
        return
    if person.pk == actor.user_id:
        raise CannotChange("Nobody changes their own role.", "Ask another admin.")
    if is_only_admin:
        raise _usher_needs_an_admin(person)
    person.role = role
    person.save(update_fields=["role"])
    record(
        actor, "access.role_changed", subject_of(person), before={"role": before}, after={"role": str(role)}
    )


@transaction.atomic
def deactivate(person: User, actor: Actor) -> None:
    """Ends sessions, sign-in links and API tokens at once; the account is kept. Raises CannotChange."""
    person, is_only_admin = _locked(person)
    if not person.is_active:
        return
    if person.pk == actor.user_id:
        raise CannotChange("Nobody deactivates their own account.", "Ask another admin.")
    if is_only_admin:
        raise _usher_needs_an_admin(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    SignInLink.objects.filter(user=person, used_at=None).delete()
    revoked = ApiToken.objects.filter(user=person, revoked_at=None).update(revoked_at=timezone.now())
    record(
        actor,
        "access.user_deactivated",
        subject_of(person),
        before={"role": person.role},
        after={"api_tokens_revoked": revoked},
    )


@transaction.atomic
def reactivate(person: User, actor: Actor) -> None:
    """With the role and password of before; API tokens are made anew."""
    person, _ = _locked(person)
    if person.is_active:
        return
    person.is_active = True
    person.save(update_fields=["is_active"])
    record(actor, "access.user_reactivated", subject_of(person), after={"role": person.role})


@transaction.atomic
def make_sign_in_link(person: User, actor: Actor) -> str:
    """The token of a link that signs in once, as `person`. Raises CannotChange where the account is off."""
    if not _locked(person)[0].is_active:
        raise CannotChange(f"The account of {person.username} is deactivated.", "Activate it first.")
    token = SignInLink.issue(person)
    record(actor, "access.sign_in_link_made", subject_of(person))
    return token


def subject_of(person: User) -> str:
    name = f"{person.name} <{person.username}>" if person.name else person.username
    return f"user {person.pk}: {name}"


def _locked(person: User) -> tuple[User, bool]:
    """The person as they are now, and whether they are the only admin who can still sign in.

    All admins are locked, in one order, so that two cannot demote each other at the same moment.
    """
    admins = Q(role=UserRole.ADMIN, is_active=True)
    found = User.objects.select_for_update().filter(admins | Q(pk=person.pk)).order_by("pk")
    by_pk = {user.pk: user for user in found}
    able = [user.pk for user in by_pk.values() if user.role == UserRole.ADMIN and user.is_active]
    return by_pk[person.pk], able == [person.pk]


def _usher_needs_an_admin(person: User) -> CannotChange:
    return CannotChange(f"{person.username} is the only admin.", "Make somebody else an admin first.")
