"""What people fill in to connect an account, to change it, and to set up the OAuth app."""

from zoneinfo import available_timezones

from django import forms

from usher.connections.connecting.settings import ConnectionSettings, check_gid
from usher.connections.models import Connection, Mode
from usher.connections.oauth_app import oauth_app
from usher.connections.working_days.calendars import NoSuchCalendar, calendar_of, countries

GID_HELP = (
    "Leave empty for all. Open the organization in Asana: its GID is the first long number in the address, "
    "app.asana.com/1/GID/…"
)
SERVICE_TOKEN_HELP = (
    "To read usage (Enterprise only). In Asana's Admin Console, choose Apps → Service accounts → Add service account, "  # noqa: S105
    "give it full permissions, and copy its token."
)


MODES = [
    (Mode.READ, "Read: see people, licences and usage"),
    (Mode.ACT, "Read and take action: also remove people who left"),
]


class GidField(forms.CharField):
    """The GID of an organization or workspace, or nothing."""

    def clean(self, value: object) -> str:
        text = str(super().clean(value) or "").strip()
        try:
            check_gid(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return text


def secret_field(label: str, help_text: str) -> forms.CharField:
    """The page never shows a stored value, and browsers do not offer to save it."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class ConnectForm(forms.Form):
    """A new connection, or (with `reconnects`) new tokens for one that exists."""

    name = forms.CharField(max_length=100, help_text="The name in Usher, for example your company's.")
    mode = forms.ChoiceField(
        choices=MODES, initial=Mode.READ, widget=forms.RadioSelect, label="What may Usher do?"
    )
    workspace_gid = GidField(
        label="Organization or workspace GID", required=False, max_length=32, help_text=GID_HELP
    )
    service_token = secret_field("Service-account token", SERVICE_TOKEN_HELP)
    way = forms.ChoiceField(
        choices=[
            ("oauth", "Asana's consent page (OAuth)"),
            ("token", "A personal access token, for a first try"),
        ],
        widget=forms.RadioSelect,
        label="Connect by",
    )
    token = secret_field("Personal access token", "Create one at app.asana.com/0/my-apps → Create new token.")

    def __init__(self, *args: object, reconnects: Connection | None = None, **kwargs: object) -> None:
        self.reconnects = reconnects
        if reconnects:
            kwargs["initial"] = {
                "name": reconnects.name,
                "mode": reconnects.mode,
                "workspace_gid": reconnects.workspace_gid,
                "way": reconnects.authorization,
            }
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments
        if oauth_app() is None:
            way = self.fields["way"]
            assert isinstance(way, forms.ChoiceField)
            way.choices = [("token", "A personal access token")]
            way.initial = "token"
        elif not reconnects:
            self.fields["way"].initial = "oauth"

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if cleaned.get("way") == "token" and not cleaned.get("token"):
            self.add_error("token", "Paste the token, or choose Asana's consent page.")
        return cleaned

    def connection_settings(self) -> ConnectionSettings:
        """The values of a valid form."""
        return ConnectionSettings(
            name=self.cleaned_data["name"],
            mode=Mode(self.cleaned_data["mode"]),
            workspace_gid=self.cleaned_data["workspace_gid"],
            service_token=self.cleaned_data["service_token"].strip(),
            reconnects=self.reconnects,
        )


class CodeForm(forms.Form):
    """The code that Asana shows for copying."""

    code = forms.CharField(
        max_length=500,
        label="Code from Asana",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}),
    )


class ChangeForm(forms.Form):
    """What can change without consent at Asana."""

    name = forms.CharField(max_length=100)
    mode = forms.ChoiceField(choices=MODES, widget=forms.RadioSelect, label="What may Usher do?")
    workspace_gid = GidField(
        label="Organization or workspace GID", required=False, max_length=32, help_text=GID_HELP
    )
    service_token = secret_field("New service-account token", SERVICE_TOKEN_HELP)
    forget_service_token = forms.BooleanField(required=False, label="Forget the service-account token")
    sync_at = forms.TimeField(
        label="Daily sync at", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    time_zone = forms.ChoiceField(
        choices=[(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())],
        help_text="For the daily sync, and for days in usage figures.",
    )
    country = forms.ChoiceField(
        required=False,
        choices=lambda: [("", "None"), *countries()],
        label="Public holidays of",
        help_text="On these days, rules that ask people send nothing, and the days don't count as time to answer.",
    )
    region = forms.CharField(
        required=False,
        max_length=36,
        label="Region",
        help_text="Where holidays differ within the country: its code, such as BY for Bavaria. Else leave it empty.",
    )

    requires_sso = forms.BooleanField(
        required=False,
        label="Members have to sign in to Asana by single sign-on",
        help_text="Usher then tells of sign-ins in another way, from the audit log. Guests are left out.",
    )

    def __init__(self, connection: Connection, *args: object, **kwargs: object) -> None:
        self.connection = connection
        initial = {
            name: getattr(connection, name)
            for name in ("name", "mode", "workspace_gid", "sync_at", "time_zone", "requires_sso")
        }
        initial["country"], _, initial["region"] = connection.holiday_calendar.partition("-")
        super().__init__(*args, **{"initial": initial, **kwargs})  # type: ignore[arg-type]  # Django's own arguments
        if connection.has_service_token:
            self.fields["service_token"].help_text = (
                "Leave empty to keep the stored token. " + SERVICE_TOKEN_HELP
            )
        else:
            del self.fields["forget_service_token"]

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if cleaned.get("forget_service_token") and cleaned.get("service_token"):
            self.add_error("service_token", "Enter a new token, or forget the old one, but not both.")
        try:
            cleaned["holiday_calendar"] = calendar_of(cleaned.get("country", ""), cleaned.get("region", ""))
        except NoSuchCalendar as error:
            self.add_error("region", f"{error.message} {error.remedy}")
        return cleaned

    def connection_settings(self) -> ConnectionSettings:
        return ConnectionSettings(
            name=self.cleaned_data["name"],
            mode=Mode(self.cleaned_data["mode"]),
            workspace_gid=self.cleaned_data["workspace_gid"],
            service_token=self.cleaned_data["service_token"].strip(),
            reconnects=self.connection,
        )

    @property
    def keeps_service_token(self) -> bool:
        return not self.cleaned_data["service_token"] and not self.cleaned_data.get("forget_service_token")


class AsanaAppForm(forms.Form):
    """The customer's own OAuth app."""

    client_id = forms.CharField(
        max_length=64, label="Client ID", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    client_secret = forms.CharField(
        max_length=200,
        label="Client secret",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Stored encrypted and never shown again.",
    )


class DisconnectForm(forms.Form):
    """What happens to the data."""

    what = forms.ChoiceField(
        choices=[
            ("keep", "Keep people and history. Reconnecting continues from there"),
            ("delete", "Delete everything that Usher stores about this account"),
        ],
        initial="keep",
        widget=forms.RadioSelect,
        label="Data",
    )
