"""The forms of the guardrails, the stop switch and the protected people."""

from django import forms

from usher.directory.models import Protected
from usher.removal.guardrails.protected_list import CannotProtect, check_pattern
from usher.removal.guardrails.settings import SETTINGS
from usher.removal.models import Guardrails

LONGEST_GRACE_MINUTES = 30 * 24 * 60


class GuardrailsForm(forms.ModelForm[Guardrails]):
    daily_limit = forms.IntegerField(
        label="People in 24 hours, at most",
        min_value=0,
        max_value=100_000,
        help_text="More need a second approval by an admin. With 0, every removal needs one.",
    )
    share_limit = forms.IntegerField(
        label="Share of a workspace in 24 hours, at most (percent)",
        min_value=0,
        max_value=100,
        help_text="One person is always allowed. More need a second approval by an admin.",
    )
    grace_minutes = forms.IntegerField(
        label="Grace period (minutes)",
        min_value=0,
        max_value=LONGEST_GRACE_MINUTES,
        help_text="The time between approval and removal, in which the case can still be cancelled.",
    )
    why = forms.CharField(
        label="Reason for the change",
        required=False,
        max_length=1000,
        help_text="Stored in the ledger.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = Guardrails
        fields = SETTINGS
        labels = {
            "needs_approval": "Require approval by another person",
            "rules_may_approve": "A rule that two admins approved stands for this approval",
            "quiet_from": "Quiet hours from",
            "quiet_until": "Quiet hours until",
        }
        help_texts = {
            "quiet_from": "In the time zone of the connection. Nobody is removed during quiet hours.",
            "quiet_until": "Leave both empty for no quiet hours.",
        }
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=1000,
        help_text="Shown to everybody, and stored in the ledger.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RestoreReviewForm(ReasonForm):
    """An admin's word that they have looked at what a restore undid."""

    has_looked = forms.BooleanField(
        label="I have checked the points on this page",
        error_messages={"required": "Check each point first, then say so here."},
    )
    field_order = ("has_looked", "reason")


class ProtectForm(forms.Form):
    """Either a person or a pattern."""

    person = forms.IntegerField(required=False, widget=forms.HiddenInput)
    pattern = forms.CharField(
        required=False,
        max_length=320,
        help_text="An e-mail address in which * stands for any characters: svc-*@example.com.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    why = forms.ChoiceField(label="Reason", choices=Protected.Why.choices)
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
            self.add_error(field, "Enter a pattern." if field == "pattern" else "Choose a person.")
        return cleaned
