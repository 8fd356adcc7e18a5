"""Forms for API tokens: a new one, and a later end."""

from django import forms

from usher.access.models import User
from usher.access.permissions import PERMISSION_FOR, TokenPermission, permissions_for
from usher.access.scope.forms import ALL, SOME, ScopeForm
from usher.access.tokens.api_tokens import DEFAULT_DAYS, MOST_DAYS
from usher.web.lists import day_widget

EXPLAINED = {
    TokenPermission.READ: "see people, usage and cases",
    TokenPermission.OPEN_CASES: "also sync, import people and stop removals",
    TokenPermission.APPROVE: "approve cases and restore people",
    TokenPermission.ADMINISTER: "everything else that an admin may",
}
LIFETIMES = [
    *((str(days), f"{days} days") for days in (7, 30, DEFAULT_DAYS, 180)),
    (str(MOST_DAYS), "a year"),
]


class TokenForm(ScopeForm):
    """Offers what the owner may now. What they may later counts when the token is used."""

    ALL_IS_OFFERED_TO_LIMITED = True

    name = forms.CharField(
        label="What is it for?",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Nightly export"}),
    )
    permissions = forms.MultipleChoiceField(
        label="What may it do?",
        initial=[TokenPermission.READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what the token may do."},
    )
    days = forms.ChoiceField(
        label="Ends after",
        choices=LIFETIMES,
        initial=str(DEFAULT_DAYS),
        help_text="An admin can extend it.",
    )

    sees = forms.ChoiceField(
        label="What does it see?",
        choices=[(ALL, "All connections that you see, now and in future"), (SOME, "Only these")],
        widget=forms.RadioSelect,
        required=False,
    )
    field_order = ["name", "permissions", "sees", "connections", "days"]

    def __init__(self, *args: object, owner: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # those of Form
        offered = permissions_for(action for action in PERMISSION_FOR if owner.may(action))
        self.fields["permissions"].choices = [  # type: ignore[attr-defined]
            (str(each), f"{each.label}: {EXPLAINED[each]}") for each in offered
        ]


class ExtendForm(forms.Form):
    until = forms.DateField(label="New end", widget=day_widget())
