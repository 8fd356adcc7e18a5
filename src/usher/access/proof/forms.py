"""The forms that ask for a proof again."""

from typing import Any

from allauth.account.forms import ReauthenticateForm
from django import forms
from django.http import QueryDict

from usher.access.mfa.forms import CodeAgainForm
from usher.access.mfa.passkey_forms import PasskeyAgainForm
from usher.access.models import User
from usher.access.proof.ways import Way


class PasswordAgainForm(ReauthenticateForm):
    """allauth's form, with our words."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


FORMS = {
    Way.PASSKEY: ("credential", PasskeyAgainForm),
    Way.CODE: ("code", CodeAgainForm),
    Way.PASSWORD: ("password", PasswordAgainForm),
}


def forms_to_prove(ways: list[Way], user: User, sent: QueryDict | None) -> dict[str, Any]:
    """One form for each way; the one that was sent holds what was sent."""
    found = {}
    for way in ways:
        if way not in FORMS:  # the provider has a page of its own
            continue
        field, form = FORMS[way]
        found[str(way)] = form(sent if sent is not None and field in sent else None, user=user)
    return found
