"""What is filled in on the pages of guardrails, protected people and prices."""

from django import forms

from usher.directory.models import Protected
from usher.removal.guardrails.protected_list import CannotProtect, check_pattern
from usher.removal.guardrails.settings import SETTINGS
from usher.removal.models import Guardrails

LONGEST_GRACE_MINUTES = 30 * 24 * 60


class GuardrailsForm(forms.ModelForm[Guardrails]):
    daily_limit = forms.IntegerField(
        label="At most this many people in 24 hours",
        min_value=0,
        max_value=100_000,
        help_text="More need a second approval, by an admin. With 0, every removal does.",
    )
    share_limit = forms.IntegerField(
        label="At most this share of a workspace in 24 hours, in percent",
        min_value=0,
        max_value=100,
        help_text="One person is always allowed. More need a second approval, by an admin.",
    )
    grace_minutes = forms.IntegerField(
        label="Grace period, in minutes",
        min_value=0,
        max_value=LONGEST_GRACE_MINUTES,
        help_text="Between the approval and the removal. Until it is over, the case can be cancelled.",
    )
    why = forms.CharField(
        label="Why it is changed",
        required=False,
        max_length=1000,
        help_text="Kept in the ledger.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = Guardrails
        fields = SETTINGS
        labels = {
            "needs_approval": "Approval by another person",
            "quiet_from": "Quiet hours from",
            "quiet_until": "Quiet hours until",
        }
        help_texts = {
            "quiet_from": "By the clock of the connection. Nobody is removed in quiet hours.",
            "quiet_until": "Leave both empty to have none.",
        }
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if "quiet_from" in cleaned and "quiet_until" in cleaned:
            start, end = cleaned["quiet_from"], cleaned["quiet_until"]
            if (start is None) != (end is None):
                empty = "quiet_from" if start is None else "quiet_until"
                self.add_error(empty, "Give both ends of the quiet hours, or neither.")
            elif start is not None and start == end:
                self.add_error(
                    "quiet_until", "Quiet hours that end when they begin are none. Leave both empty."
                )
        return cleaned


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why?",
        required=False,
        max_length=1000,
        help_text="Shown to everybody, and kept in the ledger.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ProtectForm(forms.Form):
    """A person or a pattern: exactly one of both."""

    person = forms.IntegerField(required=False, widget=forms.HiddenInput)
    pattern = forms.CharField(
        required=False,
        max_length=320,
        help_text="An e-mail address, with * for any characters: svc-*@example.com.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    why = forms.ChoiceField(label="Why?", choices=Protected.Why.choices)
    note = forms.CharField(
        required=False, max_length=500, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def clean_pattern(self) -> str:
        pattern = str(self.cleaned_data["pattern"])
        if pattern:
            try:
                check_pattern(pattern)
            except CannotProtect as error:
                raise forms.ValidationError(str(error)) from error
        return pattern

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("person") and not cleaned.get("pattern"):
            field = "pattern" if "pattern" in self.data else "person"
            wanted = "Write a pattern." if field == "pattern" else "Choose a person."
            self.add_error(field, wanted)
        return cleaned
