"""Forms for codes, and for the name of a passkey."""

from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.internal.auth import validate_totp_code
from django import forms

from usher.access.mfa.factors import NAME_MAX
from usher.access.models import User

TOO_MANY = "Too many wrong codes. Wait five minutes, then try again."
CODE_INPUT = {
    "autocomplete": "one-time-code",
    "autocapitalize": "none",
    "autofocus": True,
    "spellcheck": "false",
    "maxlength": "40",
}


def code_field(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=40, widget=forms.TextInput(attrs=CODE_INPUT)
    )


class SlowedCodes:
    """Counts wrong codes of a user over all processes (MFA_RATE_LIMITS), since six digits can be guessed."""

    user: User

    def clean_code(self) -> str:
        if not _may_try(self.user):
            raise forms.ValidationError(TOO_MANY)
        code: str = super().clean_code()  # type: ignore[misc]
        _start_anew(self.user)
        return code


class SecondStepForm(SlowedCodes, AuthenticateForm):
    code = code_field("Code", "From your authenticator app, or a recovery code.")


class CodeAgainForm(SlowedCodes, ReauthenticateForm):
    code = code_field("Code", "From your authenticator app, or a recovery code.")


class NewAppForm(forms.Form):
    code = code_field("Code that the app shows", "Six digits. They change every 30 seconds.")

    def __init__(self, *args: object, user: User, secret: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.user, self.secret = user, secret

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if not _may_try(self.user):
            raise forms.ValidationError(TOO_MANY)
        if not validate_totp_code(self.secret, code):
            raise forms.ValidationError(
                "This is not the code of this key. Check the time of your phone, and enter the code "
                "that the app shows now."
            )
        _start_anew(self.user)
        return code


class PasskeyNameForm(forms.Form):
    name = forms.CharField(label="Name", max_length=NAME_MAX)


def _may_try(user: User) -> bool:
    return bool(ratelimit.consume(context.request, app="allauth.mfa", action="code", key=f"user-{user.pk}"))


def _start_anew(user: User) -> None:
    ratelimit.clear(context.request, app="allauth.mfa", action="code", key=f"user-{user.pk}")
