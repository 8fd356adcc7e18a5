"""What people fill in about sources, files and domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.db.models.functions import Lower

from usher.csvfiles.dates import DateOrder
from usher.directory.imports.columns import EmployeeField
from usher.directory.imports.read import DATE_ORDER, MAX_BYTES, FileLayout
from usher.directory.imports.statuses import STATUS_CHOICE, Meaning
from usher.directory.models import Source

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class SourceForm(forms.ModelForm[Source]):
    """A source that is there: its kind stays."""

    class Meta:
        model = Source
        fields: tuple[str, ...] = ("name", "rank")
        help_texts = {"rank": "Where two sources know the same person, the lower rank counts."}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        same = Source.objects.exclude(pk=self.instance.pk).annotate(lower=Lower("name"))
        if same.filter(lower=name.lower()).exists():
            raise forms.ValidationError("There is a source of that name already.")
        return name


class NewSourceForm(SourceForm):
    kind = forms.ChoiceField(
        choices=[
            (Source.Kind.CSV, "CSV file: uploaded here or by the command line, whenever you export one"),
            (Source.Kind.SCIM, "SCIM: pushed by Okta, Entra ID, Google Workspace or OneLogin as it happens"),
            (Source.Kind.API, "REST API: sent by your HR system"),
        ],
        widget=forms.RadioSelect,
        initial=Source.Kind.CSV,
    )

    class Meta(SourceForm.Meta):
        fields = ("name", "kind", "rank")


class EmployeeFileForm(forms.Form):
    """A file, of a source that is there or of a new one."""

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
        help_text="Such as Workday or HR. Not needed for a source that is there.",
    )
    file = forms.FileField(
        label="CSV file",
        help_text="It has to list everybody: who is in it no more has left. Nothing counts before you have seen what "
        "would change.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is not None and file.size > MAX_BYTES:
            raise forms.ValidationError(f"The file has more than {MAX_BYTES // 1024 // 1024} MB.")
        return file

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        name = str(cleaned.get("name") or "").strip()
        if cleaned.get("source") is None:
            if not name:
                self.add_error("name", "Choose a source, or give the new one a name.")
            elif Source.objects.filter(name__iexact=name).exists():
                self.add_error("name", "There is a source of that name already.")
        cleaned["name"] = name
        return cleaned


class ReadingForm(forms.Form):
    """How a file is to be read: columns, the meaning of statuses, the order of day and month."""

    def __init__(self, form: FileLayout, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict, or None
        columns = [("", "None"), *((header, header) for header in form.headers if header)]
        for field in EmployeeField:
            sample = ", ".join(filter(None, form.samples.get(form.columns.get(field, ""), [])))
            self.fields[field.value] = forms.ChoiceField(
                choices=columns,
                required=False,
                label=field.label,
                initial=form.columns.get(field, ""),
                help_text=f"Such as: {sample}" if sample else "",
            )
        self.words = [*form.unknown_statuses, *form.statuses]
        for number, word in enumerate(self.words):
            known = form.statuses.get(word)
            self.fields[f"status_{number}"] = forms.ChoiceField(
                choices=[*([] if known else [("", "Choose…")]), *((m.value, m.label) for m in Meaning)],
                required=False,
                label=f"Status “{word}”",
                initial=known.value if known else "",
            )
        if form.unclear_date or form.chosen.get(DATE_ORDER):
            self.fields[DATE_ORDER] = forms.ChoiceField(
                label="How are the dates meant?",
                choices=[(DateOrder.MDY, "Month first"), (DateOrder.DMY, "Day first")],
                widget=forms.RadioSelect,
                initial=form.date_order,
                required=False,
            )

    @property
    def mapping(self) -> dict[str, str]:
        """As `Source.mapping`."""
        chosen = {field.value: self.cleaned_data[field.value] for field in EmployeeField}
        for number, word in enumerate(self.words):
            if meaning := self.cleaned_data[f"status_{number}"]:
                chosen[f"{STATUS_CHOICE}{word.casefold()}"] = meaning
        if order := self.cleaned_data.get(DATE_ORDER):
            chosen[DATE_ORDER] = order
        return chosen


class AliasForm(forms.Form):
    alias = forms.CharField(
        max_length=255, label="This domain", widget=forms.TextInput(attrs={"placeholder": "company.co.uk"})
    )
    domain = forms.CharField(
        max_length=255,
        label="is the same company as",
        widget=forms.TextInput(attrs={"placeholder": "company.com"}),
    )
