"""Whose account somebody signs in to whom an identity provider vouches for."""

from dataclasses import replace

from django.db import transaction

from usher.access.models import IdentityProvider, User
from usher.access.roles import UserRole
from usher.access.sso.domains import domain_of
from usher.access.sso.groups import actor_of_provider, apply_groups, role_of_groups
from usher.access.sso.identity import NotAdmitted, VerifiedIdentity
from usher.access.sso.ties import other_tie, tie, tied_user, uid
from usher.access.users.accounts import add_user
from usher.access.users.addresses import InvalidAddress, normal_address
from usher.platform.locks import Lock, lock_transaction
from usher.platform.scope import whole_installation

ASK_AN_ADMIN = "Ask an admin of Usher."


@whole_installation()  # accounts of all scopes, whoever was signed in before
def admit(provider: IdentityProvider, identity: VerifiedIdentity) -> User:
    """The account, made or tied if need be, with the role of the groups. Raises NotAdmitted.

    The account may be deactivated; allauth then refuses the sign-in.
    """
    identity = checked(provider, identity)
    with transaction.atomic():
        lock_transaction(Lock.SSO_ADMISSION.of(uid(identity)))  # two tabs, one first sign-in
        user = tied_user(provider, identity) or _tied_by_address(provider, identity)
    if not user.is_active:
        return user
    if not apply_groups(user, provider, identity.groups):
        raise _no_group(provider)
    user.refresh_from_db()
    return user


def checked(provider: IdentityProvider, identity: VerifiedIdentity) -> VerifiedIdentity:
    """With the address as Usher writes it.

    Raises NotAdmitted where it is missing, not verified, or of a domain that may not come in.
    """
    if not identity.subject:
        raise NotAdmitted(
            f"{provider.name} did not say who you are: there is no subject in its answer.", ASK_AN_ADMIN
        )
    if not identity.email:
        raise NotAdmitted(
            f"{provider.name} did not send your e-mail address.",
            "An admin of the identity provider has to send it to Usher (scope or attribute “email”).",
        )
    try:
        identity = replace(identity, email=normal_address(identity.email))
    except InvalidAddress as error:
        raise NotAdmitted(
            f"{provider.name} sent an address that cannot be: {error.message}", ASK_AN_ADMIN
        ) from error
    if not (identity.is_email_verified or provider.accepts_unverified_email):
        raise NotAdmitted(
            f"{provider.name} has not verified {identity.email}.",
            "Confirm the address there, or ask an admin of Usher about the setting “Accept addresses that are not "
            "marked as verified”.",
        )
    if domain_of(identity.email) not in provider.domains:
        raise NotAdmitted(
            f"People with an address at {domain_of(identity.email)} do not sign in to Usher with {provider.name}.",
            "Sign in with your address at the company, or ask an admin of Usher.",
        )
    return identity


def _tied_by_address(provider: IdentityProvider, identity: VerifiedIdentity) -> User:
    """The first sign-in of somebody."""
    actor = actor_of_provider(provider)
    user = User.objects.filter(username=identity.email).first()
    if user is None:
        user = _made(provider, identity)
    elif other_tie(provider, user):
        raise NotAdmitted(
            f"The account of {identity.email} belongs to somebody else at {provider.name}.",
            "The address may have been given to another person. An admin of Usher can end the tie on the page of "
            "the user.",
        )
    if user.is_active:
        tie(provider, identity, user, actor)
    return user


def _made(provider: IdentityProvider, identity: VerifiedIdentity) -> User:
    if not provider.creates_users:
        raise NotAdmitted(f"There is no account for {identity.email} in Usher.", "Ask an admin to add you.")
    role = role_of_groups(provider, identity.groups)
    if role is None and provider.maps_groups:
        raise _no_group(provider)
    return add_user(identity.email, role or UserRole.VIEWER, actor_of_provider(provider), identity.name[:200])


def _no_group(provider: IdentityProvider) -> NotAdmitted:
    return NotAdmitted(
        f"None of your groups at {provider.name} may use Usher.",
        "An admin of the identity provider can put you into a group that may.",
    )
