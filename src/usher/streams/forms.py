"""Forms of destinations, one for each kind."""

from django import forms

from usher.access.scope.change import named_connections
from usher.access.scope.forms import ALL, SOME
from usher.streams.destinations.checks import UnusableStream, check_day, check_stream
from usher.streams.destinations.fields import OF_SOME_KINDS, needs_field, takes_field
from usher.streams.models import StreamDestination

PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
KEPT = "Leave it empty to keep the stored one."
Kind = StreamDestination.Kind

ADDRESSES = {
    Kind.SPLUNK: ("Address", "Of the HTTP Event Collector, such as https://splunk.example.com:8088."),
    Kind.ELASTIC: ("Address", "Such as https://elastic.example.com:9200."),
    Kind.DATADOG: ("Address", "Of your site, such as https://http-intake.logs.datadoghq.eu."),
    Kind.LINES: ("Address", "Gets a POST with one JSON object a line. It begins with https://."),
    Kind.SYSLOG: ("Host and port", "Such as logs.example.com:6514."),
    Kind.FOLDER: ("Folder", "Its name, without a path. It is made in USHER_STREAMS_FOLDER."),
    Kind.S3: ("Address", "Such as https://s3.eu-central-1.amazonaws.com, or that of your store."),
}
SECRETS = {
    Kind.SPLUNK: ("HEC token", "With indexer acknowledgment on, Usher waits until events are indexed."),
    Kind.ELASTIC: ("API key", "Encoded, as Elasticsearch shows it. It needs create_doc on the index."),
    Kind.DATADOG: ("API key", ""),
    Kind.LINES: ("Token", "Sent as Authorization: Bearer. Empty if the receiver wants none."),
    Kind.S3: ("Secret access key", "It needs s3:PutObject on the prefix."),
}
PLACES = {
    Kind.SPLUNK: ("Index", "Empty: the token's own."),
    Kind.ELASTIC: ("Index or data stream", "Such as logs-usher.asana-default."),
    Kind.S3: ("Bucket", "And, after a slash, a prefix: logs/usher."),
}
FIELDS_HERE = {"connections": "only"}
"""Where the form has another name for what is refused."""


class StreamForm(forms.ModelForm[StreamDestination]):
    """Secrets are never shown again."""

    secret = forms.CharField(max_length=2000, widget=forms.PasswordInput(attrs=PLAIN), required=False)
    sees = forms.ChoiceField(
        label="Of which connections",
        choices=[
            (ALL, "All: also what concerns no connection, such as changes of settings"),
            (SOME, "Only these: nothing of other connections is ever sent there"),
        ],
        widget=forms.RadioSelect,
        required=False,
        initial=ALL,
    )
    only = forms.MultipleChoiceField(label="Connections", widget=forms.CheckboxSelectMultiple, required=False)
    since = forms.DateField(
        label="Also what is stored since",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: only what comes from now on.",
    )

    class Meta:
        model = StreamDestination
        fields = ["name", "address", "place", "region", "key_id", "authority", "contents", "form", "is_on"]
        labels = {
            "contents": "What is sent",
            "form": "Format",
            "authority": "Certificates of its authority",
            "region": "Region",
            "key_id": "Access key ID",
            "is_on": "Send there",
        }
        help_texts = {
            "authority": "PEM. Only if the receiver's certificate is not of a public authority.",
            "region": "Such as eu-central-1.",
            "key_id": "",
            "form": "OCSF is the schema that most SIEMs and security lakes read without a parser of their own.",
        }
        widgets = {
            "address": forms.TextInput(attrs=PLAIN),
            "place": forms.TextInput(attrs=PLAIN),
            "region": forms.TextInput(attrs=PLAIN),
            "key_id": forms.TextInput(attrs=PLAIN),
            "authority": forms.Textarea(attrs={"rows": 3, **PLAIN}),
            "contents": forms.RadioSelect,
            "form": forms.RadioSelect,
        }

    field_order = [
        "name",
        "address",
        "place",
        "region",
        "key_id",
        "secret",
        "authority",
        "contents",
        "form",
        "sees",
        "only",
        "since",
        "is_on",
    ]

    def __init__(self, data: object = None, *, instance: StreamDestination) -> None:
        super().__init__(data, instance=instance)  # type: ignore[arg-type]
        self.kind = Kind(instance.kind)
        is_new = instance.pk is None
        self.fields["address"].label, self.fields["address"].help_text = ADDRESSES[self.kind]
        for name in OF_SOME_KINDS:
            if takes_field(self.kind, name):
                self.fields[name].required = needs_field(self.kind, name)
            else:
                del self.fields[name]
        for name, words in (("place", PLACES), ("secret", SECRETS)):
            if name in self.fields:
                self.fields[name].label, self.fields[name].help_text = words[self.kind]
        if "secret" in self.fields and not is_new:
            self.fields["secret"].required = False
            self.fields["secret"].help_text = f"{self.fields['secret'].help_text} {KEPT}".strip()
        del self.fields["is_on" if is_new else "since"]
        self.fields["only"].choices = [(str(key), name) for key, name in named_connections().items()]  # type: ignore[attr-defined]
        self.initial["sees"] = SOME if instance.is_limited else ALL
        self.initial["only"] = [str(key) for key in instance.connections or ()]

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        is_limited = (given.get("sees") or self.initial["sees"]) == SOME
        self.instance.connections = (
            sorted(int(key) for key in given.get("only") or ()) if is_limited else None
        )
        return given

    def full_clean(self) -> None:
        """Once the values are on the instance."""
        super().full_clean()
        if self.is_bound and not self.errors:
            try:
                check_stream(self.instance)
                if self.cleaned_data.get("since"):
                    check_day(self.cleaned_data["since"])
            except UnusableStream as error:
                self.add_error(
                    FIELDS_HERE.get(error.field, error.field), f"{error.message} {error.remedy}".strip()
                )


class SendAgainForm(forms.Form):
    since = forms.DateField(
        label="Send again what is stored since",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="This day in UTC, and what came later. The receiver gets it a second time.",
    )

    def clean_since(self) -> object:
        try:
            check_day(self.cleaned_data["since"])
        except UnusableStream as error:
            raise forms.ValidationError(error.message) from error
        return self.cleaned_data["since"]
