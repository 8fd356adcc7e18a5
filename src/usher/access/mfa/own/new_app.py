"""The key of an authenticator app while it is being set up: encrypted, in the session."""

import base64

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.http import HttpRequest

from usher.access.mfa.adapter import SecondFactorAdapter
from usher.access.models import User
from usher.platform.encryption import SecretUnreadable, decrypt_text, encrypt_text

NEW_KEY = "new-authenticator-key"


def new_key(request: HttpRequest) -> str:
    """The same one in every tab, until it is set up."""
    try:
        return decrypt_text(request.session[NEW_KEY])
    except (KeyError, SecretUnreadable):
        key: str = generate_totp_secret()
        request.session[NEW_KEY] = encrypt_text(key)
        return key


def forget_key(request: HttpRequest) -> None:
    request.session.pop(NEW_KEY, None)


def key_to_scan(user: User, key: str) -> dict[str, str]:
    """For the page: the key in groups of four, to type, and the address of an image, to scan."""
    adapter = SecondFactorAdapter()
    image = adapter.build_totp_svg(adapter.build_totp_url(user, key))
    return {
        "key": " ".join(key[at : at + 4] for at in range(0, len(key), 4)),
        "image": f"data:image/svg+xml;base64,{base64.b64encode(image.encode()).decode()}",
    }
