"""The form that asks for the password again."""

from allauth.account.forms import ReauthenticateForm
from django import forms


class PasswordAgainForm(ReauthenticateForm):
    """allauth's form, with our words."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
