"""Forms of destinations, one for each channel."""

from django import forms

from usher.access.scope.change import named_connections
from usher.access.scope.forms import ALL, SOME
from usher.notify.destinations.checks import UnusableDestination, check_destination
from usher.notify.kinds import FOR_USERS
from usher.notify.models import Destination

PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
KEPT = "Leave it empty to keep the stored one."
KINDS = [(kind.name, f"{kind.label}: {kind.about}") for kind in FOR_USERS]

TARGETS = {
    Destination.Channel.MAIL: ("E-mail addresses", "Separated by commas or lines."),
    Destination.Channel.SLACK: (
        "Channel",
        "Its ID, such as C0123456789 (at the end of “View channel details”). Empty: direct messages only.",
    ),
    Destination.Channel.WEBHOOK: (
        "Address",
        "It begins with https://. Put no secret in it: messages are signed.",
    ),
}
SECRETS = {
    Destination.Channel.SLACK: (
        "Bot token",
        "Bot User OAuth Token of your Slack app, with the scopes chat:write, im:write, users:read.email and, so that "
        "no message comes twice, channels:history and im:history.",
    ),
    Destination.Channel.APPRISE: (
        "Apprise URL",
        "For Microsoft Teams: workflows://host/workflow/signature. For others, see https://appriseit.com/services/.",
    ),
}


class DestinationForm(forms.ModelForm[Destination]):
    """Secrets are never shown again."""

    target = forms.CharField(max_length=1000, widget=forms.TextInput(attrs=PLAIN))
    secret = forms.CharField(max_length=2000, widget=forms.PasswordInput(attrs=PLAIN), required=False)
    signing_secret = forms.CharField(
        label="Signing secret",
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs=PLAIN),
        help_text="For buttons in messages: Slack signs each press with it (Basic Information → App Credentials).",
    )
    kinds = forms.MultipleChoiceField(
        label="What is sent there", choices=KINDS, required=False, widget=forms.CheckboxSelectMultiple
    )

    sees = forms.ChoiceField(
        label="About which connections",
        choices=[
            (ALL, "All: also what concerns no connection, such as the ledger"),
            (SOME, "Only these: nothing of other connections is ever sent there"),
        ],
        widget=forms.RadioSelect,
        required=False,
        initial=ALL,
    )
    only = forms.MultipleChoiceField(
        label="Connections",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="What concerns none, such as the ledger or a stop of all removals, is not sent there either. The "
        "weekly summary is one for each.",
    )

    class Meta:
        model = Destination
        fields = ["name", "target", "kinds", "is_on"]
        labels = {"is_on": "Send notices there"}

    field_order = ["name", "target", "secret", "signing_secret", "kinds", "sees", "only", "is_on"]

    def __init__(self, data: object = None, *, instance: Destination) -> None:
        super().__init__(data, instance=instance)  # type: ignore[arg-type]
        self.channel = Destination.Channel(instance.channel)
        self._name_field("target", TARGETS)
        self._name_field("secret", SECRETS)
        if self.channel == Destination.Channel.SLACK:
            self.fields["target"].required = False
        else:
            del self.fields["signing_secret"]
        if self.channel == Destination.Channel.MAIL:
            self.fields["target"].widget = forms.Textarea(attrs={"rows": 2, **PLAIN})
        if "secret" in self.fields and instance.pk is None:
            self.fields["secret"].required = True
        elif "secret" in self.fields:
            self.fields["secret"].help_text = f"{self.fields['secret'].help_text} {KEPT}"
        if instance.pk is None:
            del self.fields["is_on"]
        chosen = [str(key) for key in instance.connections or ()]
        self.fields["only"].choices = [(str(key), name) for key, name in named_connections().items()]  # type: ignore[attr-defined]
        self.initial["sees"] = SOME if instance.is_limited else ALL
        self.initial["only"] = chosen

    def _name_field(self, name: str, words: dict[Destination.Channel, tuple[str, str]]) -> None:
        if self.channel not in words:
            del self.fields[name]
            return
        self.fields[name].label, self.fields[name].help_text = words[self.channel]

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        is_limited = (given.get("sees") or self.initial["sees"]) == SOME
        if is_limited and not given.get("only") and "only" not in self.errors:
            self.add_error("only", "Choose at least one connection, or switch the destination off.")
        self.instance.connections = (
            sorted(int(key) for key in given.get("only") or ()) if is_limited else None
        )
        if not self.errors:
            try:
                check_destination(
                    self.channel, str(given.get("target") or ""), str(given.get("secret") or "")
                )
            except UnusableDestination as error:
                self.add_error(error.field, f"{error.message} {error.remedy}".strip())
        return given
