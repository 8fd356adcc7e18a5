"""Second factors of test users, and the codes that their phones would show."""

import json
import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.http import HttpResponse

from tests.support.access.passkey import SoftPasskey
from usher.access.models import User

KEY = "JBSWY3DPEHPK3PXP"


def give_app(user: User) -> Authenticator:
    RecoveryCodes.activate(user)
    app: Authenticator = TOTP.activate(user, KEY).instance
    return app


def code(steps: int = 0, key: str = KEY) -> str:
    """What the app shows now, or shows some half-minutes later."""
    return str(format_hotp_value(hotp_value(key, int(time.time()) // 30 + steps)))


def js_data(answer: HttpResponse) -> dict[str, object]:
    """What a page hands to the browser's passkeys."""
    found = re.search(r'<script id="js_data" type="application/json">(.*?)</script>', answer.text)
    assert found, answer.text
    data: dict[str, object] = json.loads(found[1])
    return data


def give_passkey(user: User, name: str = "Laptop") -> Authenticator:
    """One whose answers nobody has: for pages that list it."""
    asked = {"creation_options": {"publicKey": {"user": {"id": ""}, "challenge": "AA"}}}
    made = json.loads(SoftPasskey().made(asked))
    passkey: Authenticator = WebAuthn.add(user, name, made).instance
    return passkey
