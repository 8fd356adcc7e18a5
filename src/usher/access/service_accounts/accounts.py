"""Making, changing and ending service accounts, and their tokens. The ledger records each change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from usher.access.models import ServiceAccount, User
from usher.access.permissions import FOR_SERVICE_ACCOUNTS, TokenPermission, role_for
from usher.access.scope.change import check_limits_work, check_within_own_scope, scope_in_words
from usher.access.tokens.api_tokens import DEFAULT_DAYS, MOST_EXTENDED, make_token
from usher.access.users.endings import end_access
from usher.access.users.link_sessions import LinkMaker
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.record import record
from usher.platform.scope import Scope
from usher.refusals import Refused


class ServiceAccountRefused(Refused):
    """Why a service account was not made or changed."""


@dataclass(frozen=True)
class Terms:
    """What an admin decides about a service account. `connections`: their keys; None means all."""

    purpose: str
    permissions: Iterable[str]
    ends_at: datetime
    connections: Iterable[int] | None = None
    contact: User | None = None


@transaction.atomic
def add_service_account(name: str, terms: Terms, actor: Actor) -> ServiceAccount:
    """Raises ServiceAccountRefused, and CannotChange where it would see more than whoever adds it."""
    slug = slugify(name)[:150]
    if not slug:
        raise ServiceAccountRefused("A service account needs a name with letters or digits.", "Choose one.")
    permissions = _checked(terms)
    account = User(
        username=slug, name=name.strip(), is_service=True, role=role_for(permissions), scope=_scope_of(terms)
    )
    account.set_unusable_password()
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        raise ServiceAccountRefused(
            f"There is already a service account “{slug}”.",
            "Choose another name. One that was deactivated can be activated again.",
        ) from error
    service = ServiceAccount.objects.create(
        account=account,
        purpose=terms.purpose.strip(),
        permissions=permissions,
        ends_at=terms.ends_at,
        contact=terms.contact,
    )
    record(actor, "access.service_account_added", subject_of_service(account), after=_words(service))
    return service


@transaction.atomic
def change_service_account(service: ServiceAccount, terms: Terms, actor: Actor) -> None:
    """Counts for all its tokens from their next request on. Raises ServiceAccountRefused, CannotChange."""
    service = _locked(service)
    before = _words(service)
    permissions = _checked(terms)
    account = service.account
    account.role, account.scope = role_for(permissions), _scope_of(terms)
    account.save(update_fields=["role", "scope"])
    service.purpose, service.permissions = terms.purpose.strip(), permissions
    service.contact = terms.contact
    if service.ends_at != terms.ends_at:
        service.ends_at = terms.ends_at
        account.api_tokens.update(owner_told_at=None)
    service.save()
    after = _words(service)
    if after != before:
        record(
            actor, "access.service_account_changed", subject_of_service(account), before=before, after=after
        )


@transaction.atomic
def switch_service_account(service: ServiceAccount, actor: Actor, *, on: bool) -> None:
    """Deactivating revokes all its tokens, for good; activating lets new ones be made. Raises CannotChange."""
    account = _locked(service).account
    if account.is_active == on:
        return
    account.is_active = on
    account.save(update_fields=["is_active"])
    if on:
        record(actor, "access.service_account_reactivated", subject_of_service(account))
        return
    revoked: JSON = {"api_tokens_revoked": end_access(account, api_tokens=True)}
    record(actor, "access.service_account_deactivated", subject_of_service(account), after=revoked)


@transaction.atomic
def make_service_token(service: ServiceAccount, name: str, actor: Actor, *, days: int = DEFAULT_DAYS) -> str:
    """Creates a token and returns it. It cannot be read again.

    Whoever makes it could use it, so they cannot approve what it asks for. Raises ServiceAccountRefused,
    CannotChange, TokenRefused.
    """
    service = _locked(service)
    if not service.works:
        raise ServiceAccountRefused(
            f"The service account “{service}” {'has ended' if service.account.is_active else 'is deactivated'}.",
            "Give it a later end first." if service.account.is_active else "Activate it first.",
        )
    maker = LinkMaker(actor.user_id, actor.name)
    return make_token(service.account, name, actor, maker, permissions=FOR_SERVICE_ACCOUNTS, days=days)


def subject_of_service(account: User) -> str:
    return f"service account {account.pk}: {account.username}"


def _locked(service: ServiceAccount) -> ServiceAccount:
    """As it is now. Raises CannotChange where it sees more than whoever asks."""
    account = User.accounts.select_for_update().get(pk=service.pk, is_service=True)
    check_within_own_scope(account.seen)
    return ServiceAccount.objects.select_related("account", "contact").get(pk=account.pk)


def _checked(terms: Terms) -> list[str]:
    permissions = sorted({TokenPermission(each) for each in terms.permissions})
    if not permissions:
        raise ServiceAccountRefused("It may do nothing.", "Choose what the service account may do.")
    if set(permissions) - set(FOR_SERVICE_ACCOUNTS):
        raise ServiceAccountRefused("No service account approves: a person decides that.", "Choose less.")
    if terms.ends_at <= timezone.now():
        raise ServiceAccountRefused(
            "The end is in the past.", "Choose a later day, or deactivate the account."
        )
    if terms.ends_at > timezone.now() + MOST_EXTENDED:
        raise ServiceAccountRefused("A service account ends within ten years.", "Choose an earlier day.")
    return [str(each) for each in permissions]


def _scope_of(terms: Terms) -> list[int] | None:
    wanted = Scope.of(terms.connections)
    check_within_own_scope(wanted)
    if wanted.connections is None:
        return None
    check_limits_work()
    return sorted(wanted.connections)


def _words(service: ServiceAccount) -> JSON:
    return {
        "purpose": service.purpose,
        "may": list(service.permissions),
        "connections": scope_in_words(service.account.seen),
        "ends": service.ends_at.isoformat(),
        "contact": service.contact.username if service.contact else "",
    }
