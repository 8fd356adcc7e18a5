"""Forms for signing in, for the first account and for one's own profile."""

import zoneinfo

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordMixin

from usher.access.models import User
from usher.access.people import EMAIL_MAX
from usher.access.roles import UserRole


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
        "invalid_login": "E-mail and password do not go together. Check both and try again.",
        "inactive": "This account is switched off.",
    }

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()


class WhoForm(forms.ModelForm[User]):
    """Name and e-mail. The e-mail, in lower case, is what its owner signs in with."""

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
            raise forms.ValidationError("Somebody else already signs in with this e-mail.")
        self.instance.username = email
        return email


RULES = "At least 12 characters, nothing common, and nothing like your e-mail."


class FirstAccountForm(SetPasswordMixin, WhoForm):  # type: ignore[type-arg] # not generic when it runs
    password1, password2 = SetPasswordMixin.create_password_fields(label1="Password", label2="Password again")
    password1.help_text = RULES
    password2.help_text = ""

    def clean(self) -> dict[str, object]:
        self.validate_passwords()
        self.instance.email = self.cleaned_data.get("email", "")  # the password is compared with it
        self.validate_password_for_user(self.instance)
        return self.cleaned_data


class ProfileForm(WhoForm):
    time_zone = forms.ChoiceField(
        label="Time zone", required=False, help_text="Times are shown in this zone."
    )

    class Meta(WhoForm.Meta):
        fields = ["name", "email", "time_zone"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
        self.fields["time_zone"].choices = [("", "The browser's"), *((z, z.replace("_", " ")) for z in zones)]  # type: ignore[attr-defined]


class PasswordForm(PasswordChangeForm):
    """`asks_old` is off for who signed in by a one-time link: the operator of the machine vouches for them."""

    def __init__(self, *args: object, asks_old: bool = True, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if asks_old:
            self.fields["old_password"].widget.attrs.pop("autofocus", None)  # the form stands beside another
            self.fields["old_password"].label = "Current password"
        else:
            del self.fields["old_password"]
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password1"].help_text = RULES
        self.fields["new_password2"].help_text = ""


ROLES = [
    (UserRole.VIEWER, "Viewer: sees everything, changes nothing"),
    (UserRole.OPERATOR, "Operator: also syncs, imports and opens cases"),
    (UserRole.APPROVER, "Approver: also approves cases, and restores people"),
    (UserRole.ADMIN, "Admin: also connects accounts, changes settings and manages people"),
]


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES, initial=UserRole.VIEWER, widget=forms.RadioSelect)


class AddPersonForm(RoleForm):
    email = forms.EmailField(
        label="E-mail",
        max_length=EMAIL_MAX,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    name = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ["email", "name", "role"]


class TokenForm(forms.Form):
    name = forms.CharField(
        label="What is it for?",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Nightly export"}),
    )
