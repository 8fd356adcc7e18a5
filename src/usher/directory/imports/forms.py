"""What people fill in to upload a list of employees, and to say how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django import forms

from usher.csvfiles.dates import DateOrder
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.list_questions import list_answers
from usher.directory.imports.reading import DATE_ORDER, MAX_BYTES, FileReading
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
        label="File",
        help_text="A CSV file or a workbook. Nothing changes until you have seen a preview.",
        widget=forms.ClearableFileInput(
            attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm,.xlsb,.xls,.ods,text/csv,text/plain"}
        ),
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
    """How a file is read: its columns, and the meaning of its statuses."""

    def __init__(self, layout: FileReading, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict, or None
        self._chosen = layout.chosen
        self._keys: dict[str, str] = {}
        for word, meaning in layout.statuses.items():
            choices = tuple((each.value, each.label) for each in Meaning)
            self._choice(f"{STATUS_CHOICE}{word.casefold()}", f"Status “{word}”", choices, meaning.value)
        if layout.chosen.get(DATE_ORDER):
            orders = ((DateOrder.MDY.value, "Month first"), (DateOrder.DMY.value, "Day first"))
            self._choice(DATE_ORDER, "Which comes first in dates?", orders, layout.chosen[DATE_ORDER])
        columns = (("", "None"), *((header, header) for header in layout.table.headers))
        for field in EmployeeField:
            column = layout.columns.first(field)
            sample = ", ".join(filter(None, layout.samples.get(column, [])))
            self._choice(field.value, field.label, columns, column, sample)

    def _choice(
        self, key: str, label: str, choices: Sequence[tuple[str, str]], initial: str, examples: str = ""
    ) -> None:
        """A field under a name that HTML can carry."""
        if key in self._keys.values():
            return
        name = key if key in set(EmployeeField) or key == DATE_ORDER else f"meaning_{len(self._keys)}"
        self._keys[name] = key
        self.fields[name] = forms.ChoiceField(
            choices=choices,
            required=False,
            label=label,
            initial=initial,
            help_text=f"For example: {examples}" if examples else "",
        )

    @property
    def mapping(self) -> dict[str, str]:
        """In the form of `Source.mapping`: what was chosen before, and what is changed now. A guess is no choice."""
        changed = {
            self._keys[name]: str(self.cleaned_data.get(name) or "")
            for name in self.changed_data
            if name in self.data
        }
        return self._chosen | {
            key: value for key, value in changed.items() if value or key in set(EmployeeField)
        }


def answers_given(posted: Mapping[str, str], layout: FileReading) -> dict[str, str]:
    """The answers among what was posted, by the keys of the questions. Anything else is ignored."""
    asked = {item.key: dict(item.choices) for question in layout.questions for item in question.items}
    about_file = {key: value for key, value in posted.items() if value in asked.get(key, {})}
    return about_file | list_answers(posted)
