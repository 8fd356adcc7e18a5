"""Forms for adding users and changing their role."""

from django import forms

from usher.access.roles import UserRole
from usher.access.users.addresses import EMAIL_MAX

ROLES = [
    (UserRole.VIEWER, "Viewer: sees everything and changes nothing"),
    (UserRole.OPERATOR, "Operator: also syncs, imports and opens cases"),
    (UserRole.APPROVER, "Approver: also approves cases and restores people"),
    (UserRole.ADMIN, "Admin: also connects accounts, changes settings and manages users"),
]


class RoleField(forms.Form):
    role = forms.ChoiceField(choices=ROLES, initial=UserRole.VIEWER, widget=forms.RadioSelect)


class EndsTokens(forms.Form):
    """Whether API tokens end with the sessions. Asked only where there are tokens."""

    end_api_tokens = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: object, tokens: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if tokens:
            which = "the API token" if tokens == 1 else f"all {tokens} API tokens"
            self.fields["end_api_tokens"].label = f"Also revoke {which}"
        else:
            del self.fields["end_api_tokens"]


class RoleForm(EndsTokens, RoleField):
    """`seen_as` is the address that the admin saw. If it was changed meanwhile, they did not mean this account."""

    seen_as = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = ["role", "end_api_tokens"]

    def __init__(self, *args: object, seen_as: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["seen_as"].initial = self._seen_as = seen_as

    def clean_seen_as(self) -> str:
        seen = str(self.cleaned_data["seen_as"])
        if seen and seen != self._seen_as:
            raise forms.ValidationError(
                f"The address of this account was changed from {seen} to {self._seen_as}."
            )
        return seen


class AddressForm(EndsTokens):
    email = forms.EmailField(
        label="New address",
        max_length=EMAIL_MAX,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    field_order = ["email", "end_api_tokens"]


class AddUserForm(RoleField):
    email = forms.EmailField(
        label="E-mail",
        max_length=EMAIL_MAX,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    name = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ["email", "name", "role"]
