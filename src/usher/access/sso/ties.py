"""Which account belongs to whom at an identity provider."""

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import Max

from usher.access.models import IdentityProvider, User
from usher.access.roles import UserRole
from usher.access.sso.identity import VerifiedIdentity
from usher.access.users.accounts import subject_of
from usher.ledger.actors import Actor
from usher.ledger.record import record


def tied_user(provider: IdentityProvider, identity: VerifiedIdentity) -> User | None:
    """By the provider's own number for somebody: their address may be changed, or given to somebody else."""
    tie = (
        SocialAccount.objects.select_related("user").filter(provider=provider.slug, uid=uid(identity)).first()
    )
    return tie.user if tie else None


def ties_of(user: User) -> list[SocialAccount]:
    return list(SocialAccount.objects.filter(user=user).order_by("pk"))


def other_tie(provider: IdentityProvider, user: User) -> SocialAccount | None:
    """Of the same provider and issuer, to somebody else there."""
    return SocialAccount.objects.filter(provider=provider.slug, user=user).first()


def tie(provider: IdentityProvider, identity: VerifiedIdentity, user: User, actor: Actor) -> SocialAccount:
    made = SocialAccount.objects.create(
        provider=provider.slug, uid=uid(identity), user=user, extra_data=kept(identity)
    )
    record(
        actor,
        "access.sso_tied",
        subject_of(user),
        after={"provider": provider.name, "subject": identity.subject, "email": identity.email},
    )
    return made


@transaction.atomic
def untie(user: User, actor: Actor) -> int:
    """The next sign-in ties the account anew, by its address. Returns how many ties there were."""
    ties = ties_of(user)
    for each in ties:
        record(
            actor,
            "access.sso_untied",
            subject_of(user),
            before={"provider": each.provider, "subject": each.extra_data.get("subject")},
        )
        each.delete()
    return len(ties)


def last_sign_in_of_an_admin(providers: list[IdentityProvider]) -> datetime | None:
    """When somebody who is an admin now last came in by one of these."""
    found: datetime | None = SocialAccount.objects.filter(
        provider__in=[provider.slug for provider in providers],
        user__is_active=True,
        user__role=UserRole.ADMIN,
    ).aggregate(last=Max("last_login"))["last"]
    return found


def uid(identity: VerifiedIdentity) -> str:
    return IdentityProvider.uid_of(identity.issuer, identity.subject)


def kept(identity: VerifiedIdentity) -> dict[str, str]:
    """What is stored of somebody's identity. Groups and all other claims are not."""
    return {"issuer": identity.issuer, "subject": identity.subject, "email": identity.email}
