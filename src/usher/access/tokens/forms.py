"""The form for a new API token."""

from django import forms

from usher.access.scope.forms import ALL, SOME, ScopeForm


class TokenForm(ScopeForm):
    ALL_IS_OFFERED_TO_LIMITED = True

    name = forms.CharField(
        label="What is it for?",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Nightly export"}),
    )
    sees = forms.ChoiceField(
        choices=[(ALL, "All connections that you see, now and in future"), (SOME, "Only these")],
        widget=forms.RadioSelect,
        required=False,
    )
    field_order = ["name", "sees", "connections"]
