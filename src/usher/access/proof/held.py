"""A form that was sent when the proof was too old is held until it is made, so that nobody fills it in twice."""

import time

import msgspec
from cryptography.fernet import InvalidToken
from django.http import HttpRequest

from usher.platform.encryption import cipher

HELD = "held-form"
HELD_SECONDS = 15 * 60
LONGEST = 64 * 1024  # characters, as encrypted
CSRF_FIELD = "csrfmiddlewaretoken"


class HeldForm(msgspec.Struct, frozen=True):
    """What was sent to an address of ours, and the page to return to without it."""

    address: str
    fields: list[tuple[str, str]]
    page: str
    held_at: float


def hold_form(request: HttpRequest, page: str) -> bool:
    """Holds the form of this request, encrypted, in place of one held before. False for one that cannot be held."""
    request.session.pop(HELD, None)
    if request.FILES or request.method != "POST":
        return False
    fields = [(name, text) for name, texts in request.POST.lists() for text in texts if name != CSRF_FIELD]
    form = HeldForm(request.get_full_path(), fields, page, time.time())
    secret = cipher().encrypt(msgspec.json.encode(form)).decode()
    if len(secret) > LONGEST:
        return False
    request.session[HELD] = secret
    return True


def held_form(request: HttpRequest) -> HeldForm | None:
    """None where none is held, or no longer."""
    secret = request.session.get(HELD)
    if not isinstance(secret, str):
        return None
    try:
        form = msgspec.json.decode(cipher().decrypt(secret.encode()), type=HeldForm)
    except (InvalidToken, msgspec.DecodeError):  # the key was dropped meanwhile, or another version wrote it
        return None
    return form if 0 <= time.time() - form.held_at < HELD_SECONDS else None


def drop_form(request: HttpRequest) -> None:
    if HELD in request.session:
        del request.session[HELD]
