"""The bearer token of a source: SCIM and the REST API let in who holds it, to that source alone."""

import hashlib
import secrets

from django.db import transaction

from usher.directory.models import Source
from usher.ledger.actors import Actor
from usher.ledger.record import record

PREFIXES = {Source.Kind.SCIM: "usher_scim_", Source.Kind.API: "usher_directory_"}


class TakesNoToken(Exception):
    """The source is read from files: nobody signs in to it."""


@transaction.atomic
def make_token(source: Source, actor: Actor) -> str:
    """Makes a token, which takes the place of the one before, and returns it; it cannot be had again.

    Raises TakesNoToken.
    """
    locked = Source.objects.select_for_update().get(pk=source.pk)
    prefix = PREFIXES.get(Source.Kind(locked.kind))
    if prefix is None:
        raise TakesNoToken(f"“{locked.name}” is read from CSV files. Only SCIM and REST API have a token.")
    token = prefix + secrets.token_urlsafe(32)
    action = "directory.token_replaced" if locked.token_hash else "directory.token_made"
    source.token_hash = locked.token_hash = _hash(token)
    locked.save(update_fields=["token_hash"])
    record(actor, action, _subject(locked))
    return token


@transaction.atomic
def revoke_token(source: Source, actor: Actor) -> None:
    """From now on nobody gets in with it. Nothing happens where there is none."""
    if Source.objects.filter(pk=source.pk).exclude(token_hash="").update(token_hash=""):
        record(actor, "directory.token_revoked", _subject(source))
    source.token_hash = ""


def source_of(token: str, kind: Source.Kind) -> Source | None:
    """The source whose token this is. Looked up by its hash, so that how long it takes tells nothing."""
    if not token.startswith(PREFIXES[kind]):
        return None
    # As written, since it is asked with every request.
    found = Source.objects.raw(
        "SELECT * FROM directory_source WHERE token_hash = %s AND kind = %s", [_hash(token), kind.value]
    )
    return next(iter(found), None)


def bearer(authorization: str) -> str:
    """The token in the header `Authorization`. Some identity providers let people leave out the word Bearer."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else "" if token else scheme


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _subject(source: Source) -> str:
    return f"source {source.pk}: {source.name}"
