"""What people fill in about domains."""

from django import forms


class AliasForm(forms.Form):
    alias = forms.CharField(
        max_length=255, label="This domain", widget=forms.TextInput(attrs={"placeholder": "company.co.uk"})
    )
    domain = forms.CharField(
        max_length=255,
        label="belongs to the same company as",
        widget=forms.TextInput(attrs={"placeholder": "company.com"}),
    )
