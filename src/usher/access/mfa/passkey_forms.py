"""Forms that take what a passkey answered. Anything may be sent in it, so nothing in it may end in an error of ours."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django import forms

from usher.access.mfa.factors import NAME_MAX

NOT_A_PASSKEY = (
    InvalidSignature,
    UnsupportedAlgorithm,
    struct.error,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)
"""What fido2 and allauth raise for an answer that is malformed, forged or of another kind."""


@contextmanager
def refused_unless_sound() -> Iterator[None]:
    try:
        yield
    except forms.ValidationError:
        raise
    except NOT_A_PASSKEY as error:
        raise forms.ValidationError("This passkey was not accepted. Try again.") from error


class SoundAnswer:
    def clean_credential(self) -> Authenticator:
        with refused_unless_sound():
            found: Authenticator = super().clean_credential()  # type: ignore[misc]
        return found


class SecondStepPasskeyForm(SoundAnswer, AuthenticateWebAuthnForm):
    pass


class PasskeySignInForm(SoundAnswer, LoginWebAuthnForm):
    pass


class PasskeyAgainForm(SoundAnswer, ReauthenticateWebAuthnForm):
    pass


class NewPasskeyForm(AddWebAuthnForm):
    name = forms.CharField(
        label="Name",
        max_length=NAME_MAX,
        required=False,
        help_text="To tell your passkeys apart, such as “Laptop”.",
    )
    passwordless = forms.BooleanField(
        label="Sign in with this passkey alone, without a password",
        required=False,
        initial=True,
        help_text="It then asks for your finger, face or PIN. Untick this for a security key without a PIN.",
    )

    def clean(self) -> dict[str, object]:
        with refused_unless_sound():
            cleaned: dict[str, object] = super().clean()
        return cleaned
