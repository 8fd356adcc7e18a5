"""The confirmation before several cases are approved."""

from django import forms

from usher.removal.cases.bulk import must_confirm
from usher.removal.pages.typed_count import check_typed_count, count_field


class ApproveForm(forms.Form):
    note = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stored with each approval.",
    )
    number = forms.CharField(required=False)

    def __init__(self, *args: object, count: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.count = count
        self.fields["number"] = count_field(count)

    @property
    def must_type_count(self) -> bool:
        return must_confirm(self.count)

    def clean_number(self) -> str:
        return check_typed_count(self.cleaned_data["number"], self.count)
