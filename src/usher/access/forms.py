"""Forms for signing in, for the first account and for the profile."""

import zoneinfo

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordMixin

from usher.access.models import User
from usher.access.sso.policy import may_sign_in_without_sso
from usher.access.users.addresses import EMAIL_MAX, InvalidAddress, as_user_name, normal_address


class SignInForm(LoginForm):
    """allauth's form, with our words and the field name that password managers know."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        self.fields["login"].widget = forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "username",
                "inputmode": "email",
                "autocapitalize": "none",
            }
        )
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)

    def add_prefix(self, field_name: str) -> str:
        return super().add_prefix("username" if field_name == "login" else field_name)

    def clean_login(self) -> str:
        return as_user_name(self.cleaned_data["login"])

    def clean(self) -> dict[str, object]:
        """Where single sign-on is required, a right password of anybody else is answered like a wrong one."""
        cleaned: dict[str, object] = super().clean()
        if self.user and not may_sign_in_without_sso(self.user):
            raise get_adapter(self.request).validation_error("username_password_mismatch")
        return cleaned


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
        try:
            email = normal_address(self.cleaned_data["email"])
        except InvalidAddress as error:
            raise forms.ValidationError(f"{error.message} {error.remedy}") from error
        if User.objects.filter(username=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another user already signs in with this e-mail.")
        self.instance.username = email
        return email


RULES = "At least 12 characters. Three or four unrelated words make a good password."


class FirstAccountForm(SetPasswordMixin, NameAndEmailForm):  # type: ignore[type-arg] # not generic when it runs
    password1, password2 = SetPasswordMixin.create_password_fields(label1="Password", label2="Password again")
    password1.help_text = RULES
    password2.help_text = ""

    def clean(self) -> dict[str, object]:
        self.validate_passwords()
        self.instance.email = self.cleaned_data.get("email", "")  # the password is compared with it
        self.validate_password_for_user(self.instance)
        return self.cleaned_data


class ProfileForm(forms.ModelForm[User]):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    time_zone = forms.ChoiceField(
        label="Time zone", required=False, help_text="Times are shown in this zone."
    )

    class Meta:
        model = User
        fields = ["name", "time_zone"]

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
