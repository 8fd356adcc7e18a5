"""Before many people lose access, the user types how many there are."""

from django import forms

TYPED_ABOVE = 10
"""The number must be typed for more people than this."""


def must_type_count(count: int) -> bool:
    return count > TYPED_ABOVE


def count_field(count: int) -> forms.CharField:
    return forms.CharField(
        required=must_type_count(count),
        label=f"Type {count:,} to confirm",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": f"Type {count:,}, the number of people."},
    )


def check_typed_count(typed: str, count: int) -> str:
    """Returns what was typed. Raises ValidationError if it is not the number of people."""
    if must_type_count(count) and typed.strip() not in (str(count), f"{count:,}"):
        raise forms.ValidationError(f"There are {count:,} people. Check the list, then type {count:,}.")
    return typed
