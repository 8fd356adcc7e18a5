"""What people fill in about sources."""

from typing import Any

from django import forms
from django.db.models.functions import Lower

from usher.connections.models import Connection
from usher.directory.models import Source


class SourceForm(forms.ModelForm[Source]):
    """An existing source. Its kind cannot change."""

    connections = forms.MultipleChoiceField(
        label="Lists people of",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: of all connections, also future ones. Its employees match people of these alone, and "
        "users who are limited to one of them see the whole source.",
    )

    class Meta:
        model = Source
        fields: tuple[str, ...] = ("name", "rank")
        help_texts = {"rank": "If two sources know the same person, the one with the lower rank counts."}

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # those of ModelForm
        super().__init__(*arguments, **options)
        names = Connection.objects.order_by("name").values_list("pk", "name")
        self.fields["connections"].choices = [(str(pk), name) for pk, name in names]  # type: ignore[attr-defined]
        self.fields["connections"].initial = [str(pk) for pk in self.instance.connections or ()]

    def clean_connections(self) -> list[int] | None:
        return sorted(map(int, self.cleaned_data["connections"])) or None

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        same = Source.objects.exclude(pk=self.instance.pk).annotate(lower=Lower("name"))
        if same.filter(lower=name.lower()).exists():
            raise forms.ValidationError("There is already a source with this name.")
        return name


class SourceSettingsForm(SourceForm):
    """With what it means to be missing from a list, for sources that send lists."""

    lists_everyone = forms.TypedChoiceField(
        label="Its lists hold",
        required=False,
        empty_value=None,
        coerce=lambda value: value == "True",
        choices=[
            ("", "Not said yet: Usher asks when a file has few of the people in Asana"),
            ("True", "Everybody who works here"),
            ("False", "A part of them: absence means nothing"),
        ],
    )

    class Meta(SourceForm.Meta):
        fields = ("name", "rank", "absence", "lists_everyone")
        labels = {"absence": "Who is missing from a list"}

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # those of ModelForm
        super().__init__(*arguments, **options)
        if self.instance.kind != Source.Kind.CSV:
            del self.fields["absence"], self.fields["lists_everyone"]


class NewSourceForm(SourceForm):
    kind = forms.ChoiceField(
        choices=[
            (Source.Kind.CSV, "CSV file: uploaded here or imported by the command line after each export"),
            (
                Source.Kind.SCIM,
                "SCIM: pushed by Okta, Entra ID, Google Workspace or OneLogin with each change",
            ),
            (Source.Kind.API, "REST API: sent by your HR system"),
        ],
        widget=forms.RadioSelect,
        initial=Source.Kind.CSV,
    )

    class Meta(SourceForm.Meta):
        fields = ("name", "kind", "rank")
