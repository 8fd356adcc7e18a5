"""Before many people lose access, the user types how many there are."""

from django import forms

from usher.removal.cases.bulk import WrongBulkWish, check_confirmed, must_confirm


def count_field(count: int) -> forms.CharField:
    return forms.CharField(
        required=must_confirm(count),
        label=f"Type {count:,} to confirm",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": f"Type {count:,}, the number of people."},
    )


def check_typed_count(typed: str, count: int) -> str:
    """Returns what was typed. Raises ValidationError if it is not the number of people."""
    try:
        check_confirmed(count, typed_number(typed))
    except WrongBulkWish as refused:
        raise forms.ValidationError(f"{refused.message} {refused.remedy}") from refused
    return typed


def typed_number(typed: str) -> int | None:
    """“1,234” or “1234”; None for anything else."""
    text = typed.strip()
    number = int(text.replace(",", "")) if text.replace(",", "").isdecimal() else None
    return number if number is not None and text in (str(number), f"{number:,}") else None
