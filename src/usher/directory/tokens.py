"""The bearer token of a source. Whoever has it may write the employees of that source over SCIM or the REST API."""

import hashlib
import secrets

from django.conf import settings
from django.db import transaction

from usher.directory.models import Source
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused

PREFIXES = {Source.Kind.SCIM: "usher_scim_", Source.Kind.API: "usher_directory_"}


class TakesNoToken(Refused):
    """The source is read from files, so nothing signs in to it."""

    def __init__(self, source: Source) -> None:
        super().__init__(
            f"“{source.name}” is read from CSV files. Only SCIM and REST API sources have a token.",
            "Upload a file, or add a source of another kind.",
        )


def address_of(source: Source) -> str:
    """The address to enter in the identity provider or HR system."""
    path = "scim/v2" if source.kind == Source.Kind.SCIM else "api/v1/directory"
    return f"{settings.USHER_BASE_URL}/{path}"


@transaction.atomic
def make_token(source: Source, actor: Actor) -> str:
    """Creates a token, which replaces the one before. It is returned only this once.

    Raises TakesNoToken.
    """
    locked = Source.objects.select_for_update().get(pk=source.pk)
    prefix = PREFIXES.get(Source.Kind(locked.kind))
    if prefix is None:
        raise TakesNoToken(locked)
    token = prefix + secrets.token_urlsafe(32)
    action = "directory.token_replaced" if locked.token_hash else "directory.token_made"
    source.token_hash = locked.token_hash = _hash(token)
    locked.save(update_fields=["token_hash"])
    record(actor, action, _subject(locked))
    return token


@transaction.atomic
def revoke_token(source: Source, actor: Actor) -> None:
    """From now on, the token is not accepted. Does nothing if there is none."""
    if Source.objects.filter(pk=source.pk).exclude(token_hash="").update(token_hash=""):
        record(actor, "directory.token_revoked", _subject(source))
    source.token_hash = ""


def source_of(token: str, kind: Source.Kind) -> Source | None:
    """The source whose token this is. Found by its hash, so that response times reveal nothing."""
    if not token.startswith(PREFIXES[kind]):
        return None
    # Raw SQL, since each request runs this query.
    sources = Source.objects.raw(
        "SELECT * FROM directory_source WHERE token_hash = %s AND kind = %s", [_hash(token), kind.value]
    )
    return next(iter(sources), None)


def bearer(authorization: str) -> str:
    """The token in an `Authorization` header. With some identity providers, people may leave out the word Bearer."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else "" if token else scheme


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _subject(source: Source) -> str:
    return f"source {source.pk}: {source.name}"
