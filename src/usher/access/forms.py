"""Forms for signing in, for the first account and for the profile."""

import zoneinfo

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordMixin

from usher.access.models import User
from usher.access.users.accounts import EMAIL_MAX


class SignInForm(AuthenticationForm):
    username = forms.CharField(
        label="E-mail",
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "username",
                "inputmode": "email",
                "autocapitalize": "none",
            }
        ),
    )
    error_messages = {
        "invalid_login": "The e-mail or the password is wrong. Check both and try again.",
        "inactive": "This account is deactivated.",
    }

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()


class NameAndEmailForm(forms.ModelForm[User]):
    """The e-mail, in lower case, is the user name."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label="E-mail", max_length=EMAIL_MAX, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    class Meta:
        model = User
        fields = ["name", "email"]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(username=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another user already signs in with this e-mail.")
        self.instance.username = email
        return email


RULES = "At least 12 characters, not a common password, and not similar to your e-mail."


class FirstAccountForm(SetPasswordMixin, NameAndEmailForm):  # type: ignore[type-arg] # not generic when it runs
    password1, password2 = SetPasswordMixin.create_password_fields(label1="Password", label2="Password again")
    password1.help_text = RULES
    password2.help_text = ""

    def clean(self) -> dict[str, object]:
        self.validate_passwords()
        self.instance.email = self.cleaned_data.get("email", "")  # the password is compared with it
        self.validate_password_for_user(self.instance)
        return self.cleaned_data


class ProfileForm(NameAndEmailForm):
    time_zone = forms.ChoiceField(
        label="Time zone", required=False, help_text="Times are shown in this zone."
    )

    class Meta(NameAndEmailForm.Meta):
        fields = ["name", "email", "time_zone"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
        self.fields["time_zone"].choices = [("", "The browser's"), *((z, z.replace("_", " ")) for z in zones)]  # type: ignore[attr-defined]


class PasswordForm(PasswordChangeForm):
    """`asks_old` is False for users who signed in by a one-time link: an admin vouched for them."""

    def __init__(self, *args: object, asks_old: bool = True, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if asks_old:
            self.fields["old_password"].widget.attrs.pop(
                "autofocus", None
            )  # another form on the page has the focus
            self.fields["old_password"].label = "Current password"
        else:
            del self.fields["old_password"]
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password1"].help_text = RULES
        self.fields["new_password2"].help_text = ""
