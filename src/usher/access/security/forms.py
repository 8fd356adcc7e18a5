"""The form of the security policy."""

from django import forms

from usher.access.models import SecurityPolicy
from usher.access.security.policy import POLICY_FIELDS


class SecurityForm(forms.ModelForm[SecurityPolicy]):
    second_factor = forms.ChoiceField(
        label="Who needs a second factor",
        choices=SecurityPolicy.SecondFactor.choices,
        widget=forms.RadioSelect,
        help_text="Whoever has none is led to set one up at the next request, and can do nothing else before.",
    )
    provider_asks = forms.BooleanField(
        label="The identity provider asks for a second factor",
        required=False,
        help_text="Then single sign-on counts as one. Tick this only if the provider really asks everybody for it.",
    )
    proof_minutes = forms.IntegerField(
        label="Ask again after (minutes)",
        min_value=1,
        max_value=24 * 60,
        help_text="Before a dangerous change, users prove again who they are if their last proof is older.",
    )
    idle_minutes = forms.IntegerField(
        label="End idle sessions after (minutes)",
        min_value=5,
        max_value=7 * 24 * 60,
        help_text="A page that stays open and refreshes itself does not count as use.",
    )
    session_hours = forms.IntegerField(
        label="End every session after (hours)",
        min_value=1,
        max_value=7 * 24,
        help_text="Counted from signing in.",
    )
    why = forms.CharField(
        label="Reason for the change",
        required=False,
        max_length=1000,
        help_text="Stored in the ledger.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = SecurityPolicy
        fields = POLICY_FIELDS
