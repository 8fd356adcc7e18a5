"""What people fill in to upload a member CSV, and to say how its dates are read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django import forms

from usher.activity.console.parse import MAX_BYTES
from usher.activity.console.store import CLOCKS_APART
from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.csvfiles.dates import DateOrder

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class MemberFileForm(forms.Form):
    connection = forms.ModelChoiceField(
        Connection.objects.filter(disconnected_at=None), label="Asana account", empty_label=None
    )
    file = forms.FileField(
        label="Member CSV",
        help_text="As exported by Asana. Nothing changes until you have seen a preview.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.ods,text/csv,text/plain"}),
    )
    exported_on = forms.DateField(
        label="Exported on",
        help_text="The day on which Asana created the file.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is not None and file.size > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_BYTES // 1024 // 1024} MB.")
        return file

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        match cleaned.get("connection"), cleaned.get("exported_on"):
            case Connection() as connection, date() as day if day > today_of(connection) + CLOCKS_APART:
                self.add_error("exported_on", "This day is in the future.")
        return cleaned


class DateOrderForm(forms.Form):
    """Whether the month or the day comes first. Only needed if the dates in the file leave it open."""

    date_order = forms.ChoiceField(
        label="Which comes first in dates?",
        choices=[(DateOrder.MDY, "Month first"), (DateOrder.DMY, "Day first")],
        widget=forms.RadioSelect,
    )

    @property
    def order(self) -> DateOrder | None:
        return DateOrder(self.cleaned_data["date_order"]) if self.is_valid() else None
