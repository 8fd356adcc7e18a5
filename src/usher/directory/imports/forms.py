"""What people fill in to upload a list of employees, and to say how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from usher.csvfiles.dates import DateOrder
from usher.directory.imports.columns import EmployeeField
from usher.directory.imports.read import DATE_ORDER, MAX_BYTES, FileLayout
from usher.directory.imports.statuses import STATUS_CHOICE, Meaning
from usher.directory.models import Source

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class EmployeeFileForm(forms.Form):
    """A file, for an existing source or a new one."""

    source = forms.ModelChoiceField(
        Source.objects.filter(kind=Source.Kind.CSV),
        required=False,
        empty_label="A new source",
        label="Source",
    )
    name = forms.CharField(
        max_length=100,
        required=False,
        label="Name of the new source",
        help_text="For example Workday or HR. Not needed for an existing source.",
    )
    file = forms.FileField(
        label="CSV file",
        help_text="It must list all employees: whoever is no longer in it has left. Nothing changes until you have "
        "seen a preview.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is not None and file.size > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.")
        return file

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        name = str(cleaned.get("name") or "").strip()
        if cleaned.get("source") is None:
            if not name:
                self.add_error("name", "Choose a source, or enter a name for a new one.")
            elif Source.objects.filter(name__iexact=name).exists():
                self.add_error("name", "There is already a source with this name.")
        cleaned["name"] = name
        return cleaned


class LayoutForm(forms.Form):
    """How a file is read: its columns, the meaning of statuses, the order of day and month."""

    def __init__(self, layout: FileLayout, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict, or None
        columns = [("", "None"), *((header, header) for header in layout.headers if header)]
        for field in EmployeeField:
            sample = ", ".join(filter(None, layout.samples.get(layout.columns.get(field, ""), [])))
            self.fields[field.value] = forms.ChoiceField(
                choices=columns,
                required=False,
                label=field.label,
                initial=layout.columns.get(field, ""),
                help_text=f"For example: {sample}" if sample else "",
            )
        self.words = [*layout.unknown_statuses, *layout.statuses]
        for number, word in enumerate(self.words):
            meaning = layout.statuses.get(word)
            self.fields[f"status_{number}"] = forms.ChoiceField(
                choices=[*([] if meaning else [("", "Choose…")]), *((m.value, m.label) for m in Meaning)],
                required=False,
                label=f"Status “{word}”",
                initial=meaning.value if meaning else "",
            )
        if layout.unclear_date or layout.chosen.get(DATE_ORDER):
            self.fields[DATE_ORDER] = forms.ChoiceField(
                label="Which comes first in dates?",
                choices=[(DateOrder.MDY, "Month first"), (DateOrder.DMY, "Day first")],
                widget=forms.RadioSelect,
                initial=layout.date_order,
                required=False,
            )

    @property
    def mapping(self) -> dict[str, str]:
        """In the form of `Source.mapping`."""
        chosen = {field.value: self.cleaned_data[field.value] for field in EmployeeField}
        for number, word in enumerate(self.words):
            if meaning := self.cleaned_data[f"status_{number}"]:
                chosen[f"{STATUS_CHOICE}{word.casefold()}"] = meaning
        if order := self.cleaned_data.get(DATE_ORDER):
            chosen[DATE_ORDER] = order
        return chosen
