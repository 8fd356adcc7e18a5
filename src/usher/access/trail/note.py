"""Writing to the trail."""

import logging
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.utils import timezone

from usher.access.models import TrailEntry, User
from usher.access.trail.kinds import Seen
from usher.platform.scope import whole_installation

log = logging.getLogger(__name__)

MASKED = "(not an e-mail address)"
IN_A_ROW = timedelta(minutes=1)


@whole_installation()
def note(
    request: HttpRequest | None,
    kind: Seen,
    about: str = "",
    *,
    user: User | None = None,
    typed_name: str = "",
    once_a_minute: bool = False,
) -> None:
    """Writes one entry, and never fails: what it is about must not depend on it.

    The user is `user`, else whoever is signed in, else the account of `typed_name`. Text that is neither an account
    nor an e-mail address may be a password in the wrong field, so it is masked. `about` is text for people, without
    secrets. With `once_a_minute`, the same from the same address is written once: a flood must not fill the disk.
    """
    try:
        with transaction.atomic():
            user = user or _signed_in(request) or _account(typed_name)
            seen = TrailEntry(
                kind=str(kind),
                user_id=user.pk if user else None,
                who=_text(user.username if user else shown_name(typed_name), TrailEntry.WHO_MAX),
                address=visitor_address(request),
                agent=agent_of(request),
                about=_text(about, TrailEntry.ABOUT_MAX),
            )
            if not (once_a_minute and _was_just_seen(seen)):
                seen.save(force_insert=True)
    except DatabaseError as error:
        log.warning("The trail could not be written (%s): %s", kind, error)


def visitor_address(request: HttpRequest | None) -> str | None:
    """The visitor's IP address, behind trusted proxies too: usher.web.visitor has put it there."""
    return (request.META.get("REMOTE_ADDR") or None) if request is not None else None


def agent_of(request: HttpRequest | None) -> str:
    """The name that the browser gives itself; "" without one."""
    return _text(request.headers.get("User-Agent", ""), TrailEntry.AGENT_MAX) if request is not None else ""


def place_of(request: HttpRequest) -> str:
    """Where a request comes from, for people."""
    return f"{visitor_address(request) or 'an unknown address'} ({agent_of(request) or 'no browser named'})"


def shown_path(request: HttpRequest) -> str:
    """The address without its query; where a part of it is a secret, the pattern of the address."""
    match = request.resolver_match
    return f"/{match.route}" if match and "token" in match.kwargs else request.path


def _signed_in(request: HttpRequest | None) -> User | None:
    """The owner of the API token, or the user of the session."""
    for candidate in (getattr(request, "auth", None), getattr(request, "user", None)):
        if isinstance(candidate, User):
            return candidate
    return None


def _account(typed: str) -> User | None:
    name = _text(typed.strip().lower(), TrailEntry.WHO_MAX)
    return User.objects.filter(username=name).first() if name else None


def shown_name(typed: str) -> str:
    """What was typed as user name, as it may be stored and logged."""
    name = _text(typed.strip(), 1000)
    if not name:
        return ""
    try:
        validate_email(name)
    except ValidationError:
        return MASKED
    return name.lower()


def _text(text: str, longest: int) -> str:
    """One line that PostgreSQL stores."""
    return "".join(character if character.isprintable() else "�" for character in text)[:longest]


def _was_just_seen(entry: TrailEntry) -> bool:
    same = TrailEntry.objects.filter(kind=entry.kind, who=entry.who, address=entry.address, about=entry.about)
    return same.filter(at__gt=timezone.now() - IN_A_ROW).exists()
