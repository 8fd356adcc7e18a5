"""Why somebody is put on the list of licences to pause, and why they are taken off it."""

from django import forms


class PutOnListForm(forms.Form):
    why = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Such as: on parental leave until May. Shown on the list, and stored in the ledger.",
        error_messages={"required": "Say why their licence is to be paused."},
    )


class TakeOffForm(forms.Form):
    reason = forms.CharField(
        label="Reason",
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Shown on the list, and stored in the ledger.",
        error_messages={"required": "Say why they are taken off the list."},
    )
