"""Adding, changing and deleting identity providers. The ledger records each change, without secrets."""

from django.db import transaction
from django.utils.text import slugify

from usher.access.models import IdentityProvider
from usher.access.sso.environment import SLUG as OF_ENVIRONMENT
from usher.access.sso.policy import is_sso_only
from usher.access.sso.providers import enabled_providers
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.record import record
from usher.refusals import Refused

KEPT_OUT = ("id", "client_secret", "metadata_xml")


class StillNeeded(Refused):
    """The last provider while nobody could sign in otherwise."""


@transaction.atomic
def add_provider(provider: IdentityProvider, actor: Actor) -> None:
    """Stores it with a slug made of its name."""
    provider.slug = _free_slug(provider.name)
    provider.save(force_insert=True)
    record(actor, "settings.sso_provider_added", _subject(provider), after=_shown(provider))


@transaction.atomic
def change_provider(provider: IdentityProvider, actor: Actor, new_secret: str = "") -> None:
    """Stores what was changed on `provider`. Raises StillNeeded when nobody could sign in any more.

    The stored client secret is not read, so that a lost key does not stand in the way of a new secret.
    """
    stored = (
        IdentityProvider.objects.defer("client_secret").select_for_update(of=("self",)).get(pk=provider.pk)
    )
    if stored.is_enabled and not provider.is_enabled:
        _refuse_if_last(stored)
    before, after = _shown(stored), _shown(provider)
    fields = [name for name in after if before[name] != after[name]]
    xml_is_new = stored.metadata_xml != provider.metadata_xml
    provider.save(update_fields=[*fields, *(["metadata_xml"] if xml_is_new else [])])
    if new_secret:
        provider.client_secret = new_secret
        provider.save(update_fields=["client_secret"])
    if not (fields or new_secret or xml_is_new):
        return
    record(
        actor,
        "settings.sso_provider_changed",
        _subject(provider),
        before={name: before[name] for name in fields},
        after={name: after[name] for name in fields}
        | ({"client_secret": "a new one"} if new_secret else {})
        | ({"metadata_xml": "a new one"} if xml_is_new else {}),
    )


@transaction.atomic
def delete_provider(provider: IdentityProvider, actor: Actor) -> None:
    """People keep their accounts, and are tied anew if they come by another provider. Raises StillNeeded."""
    if provider.is_enabled:
        _refuse_if_last(provider)
    record(actor, "settings.sso_provider_deleted", _subject(provider), before=_shown(provider))
    provider.delete()


def _refuse_if_last(provider: IdentityProvider) -> None:
    if is_sso_only() and all(each.slug == provider.slug for each in enabled_providers()):
        raise StillNeeded(
            "Single sign-on is required, and this is its only provider.",
            "Allow passwords and links again first.",
        )


def _free_slug(name: str) -> str:
    base = slugify(name)[:30] or "provider"
    taken = {OF_ENVIRONMENT, "add", "policy", *IdentityProvider.objects.values_list("slug", flat=True)}
    return next(
        slug
        for number in range(1, len(taken) + 2)
        if (slug := base if number == 1 else f"{base}-{number}") not in taken
    )


def _shown(provider: IdentityProvider) -> dict[str, JSON]:
    return {
        field.attname: getattr(provider, field.attname)
        for field in IdentityProvider._meta.concrete_fields
        if field.attname not in KEPT_OUT
    }


def _subject(provider: IdentityProvider) -> str:
    return f"identity provider {provider.slug}: {provider.name}"
