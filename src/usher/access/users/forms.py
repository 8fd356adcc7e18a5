"""Forms for adding users and changing their role."""

from django import forms

from usher.access.roles import UserRole
from usher.access.users.accounts import EMAIL_MAX

ROLES = [
    (UserRole.VIEWER, "Viewer: sees everything and changes nothing"),
    (UserRole.OPERATOR, "Operator: also syncs, imports and opens cases"),
    (UserRole.APPROVER, "Approver: also approves cases and restores people"),
    (UserRole.ADMIN, "Admin: also connects accounts, changes settings and manages users"),
]


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES, initial=UserRole.VIEWER, widget=forms.RadioSelect)


class AddUserForm(RoleForm):
    email = forms.EmailField(
        label="E-mail",
        max_length=EMAIL_MAX,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    name = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ["email", "name", "role"]
