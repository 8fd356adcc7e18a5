"""Forms for identity providers and for the policy."""

from urllib.parse import urlsplit

from django import forms

from usher.access.models import IdentityProvider, User
from usher.access.roles import UserRole
from usher.access.scope.change import named_connections
from usher.access.sso.domains import domains_in, is_domain
from usher.access.sso.groups import ALL_CONNECTIONS
from usher.access.sso.saml_metadata import MetadataUnusable, parsed

ROLE_LABELS = {
    UserRole.ADMIN: "Groups of admins",
    UserRole.APPROVER: "Groups of approvers",
    UserRole.OPERATOR: "Groups of operators",
    UserRole.VIEWER: "Groups of viewers",
}
LINES = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
IN_ADVANCED = (
    "subject_claim",
    "email_claim",
    "name_claim",
    "accepts_unverified_email",
    "allows_idp_initiated",
)


class ProviderForm(forms.ModelForm[IdentityProvider]):
    """What both protocols have."""

    domains = forms.CharField(
        label="E-mail domains",
        widget=LINES,
        help_text="One per line. Only people with an address of these domains come in.",
    )

    class Meta:
        model = IdentityProvider
        fields = [
            "name",
            "domains",
            "creates_users",
            "groups_claim",
            "default_role",
            "subject_claim",
            "email_claim",
            "name_claim",
            "is_enabled",
        ]
        labels = {
            "name": "Name on the button",
            "creates_users": "Make accounts at the first sign-in",
            "groups_claim": "Groups are in",
            "default_role": "Role of people in none of these groups",
            "subject_claim": "Subject is in",
            "email_claim": "E-mail is in",
            "name_claim": "Name is in",
            "is_enabled": "People can sign in with it",
        }
        help_texts = {
            "name": "Such as Okta. The sign-in page says “Sign in with Okta”.",
            "creates_users": "Otherwise only people whom an admin has added as users come in.",
            "subject_claim": "What never changes for a person and is never given to another. Empty: the usual place.",
            "email_claim": "Empty: the usual places.",
            "name_claim": "Empty: the usual places.",
            "is_enabled": "",
        }
        widgets: dict[str, forms.Widget] = {
            name: forms.TextInput(attrs=PLAIN)
            for name in ("groups_claim", "subject_claim", "email_claim", "name_claim")
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.initial["domains"] = "\n".join(self.instance.domains)
        self.fields["default_role"].choices = [  # type: ignore[attr-defined]
            ("", "None: they may not use Usher"),
            *UserRole.choices,
        ]
        for role, label in ROLE_LABELS.items():
            self.fields[f"groups_{role}"] = forms.CharField(label=label, required=False, widget=LINES)
            self.initial[f"groups_{role}"] = "\n".join(self.instance.role_groups.get(role, []))
        self.fields[f"groups_{UserRole.ADMIN}"].help_text = "One per line, as the provider sends them."
        connections = {str(key): f"Groups that see {name}" for key, name in named_connections().items()}
        self._who_sees = {ALL_CONNECTIONS: "Groups that see all connections"} | connections
        for key, label in self._who_sees.items():
            self.fields[f"sees_{key}"] = forms.CharField(label=label, required=False, widget=LINES)
            self.initial[f"sees_{key}"] = "\n".join(self.instance.scope_groups.get(key, []))

    def clean_domains(self) -> list[str]:
        domains = domains_in(self.cleaned_data["domains"])
        wrong = [domain for domain in domains if not is_domain(domain)]
        if wrong:
            raise forms.ValidationError(f"“{wrong[0]}” is not a domain such as example.com.")
        return domains

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        self.instance.role_groups = {
            str(role): lines_of(cleaned.get(f"groups_{role}", "")) for role in UserRole
        }
        seen = {key: lines_of(cleaned.get(f"sees_{key}", "")) for key in self._who_sees}
        self.instance.scope_groups = {key: groups for key, groups in seen.items() if groups}
        return cleaned

    def mapping_fields(self) -> list[forms.BoundField]:
        return [self["groups_claim"], *(self[f"groups_{role}"] for role in ROLE_LABELS), self["default_role"]]

    def scope_fields(self) -> list[forms.BoundField]:
        return [self[f"sees_{key}"] for key in self._who_sees]

    def advanced_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in IN_ADVANCED if name in self.fields]


class OidcForm(ProviderForm):
    client_secret = forms.CharField(
        label="Client secret", widget=forms.PasswordInput(attrs={"autocomplete": "off"}), required=False
    )

    class Meta(ProviderForm.Meta):
        fields = [
            "issuer",
            "client_id",
            *ProviderForm.Meta.fields,
            "extra_scopes",
            "accepts_unverified_email",
        ]
        labels = ProviderForm.Meta.labels | {
            "issuer": "Issuer",
            "client_id": "Client ID",
            "extra_scopes": "Further scopes",
            "accepts_unverified_email": "Accept addresses that are not marked as verified",
        }
        help_texts = ProviderForm.Meta.help_texts | {
            "issuer": "Its address, without /.well-known/openid-configuration.",
            "groups_claim": "The claim, or a path such as realm_access.roles. Empty: groups.",
            "extra_scopes": "Beside openid, profile and email; some providers send groups only with the scope groups.",
            "accepts_unverified_email": "For Entra, which marks none. Only where people cannot set their address.",
        }
        widgets = ProviderForm.Meta.widgets | {
            name: forms.TextInput(attrs=PLAIN) for name in ("issuer", "client_id", "extra_scopes")
        }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["issuer"].required = self.fields["client_id"].required = True
        self.fields["client_secret"].required = not self.instance.pk
        if self.instance.pk:
            self.fields["client_secret"].help_text = "Empty keeps the stored one."

    def clean_issuer(self) -> str:
        """Addresses in the company's own network are fine: only admins set them."""
        return checked_address(self.cleaned_data["issuer"].removesuffix("/.well-known/openid-configuration"))

    def connection_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "issuer", "client_id", "client_secret", "extra_scopes")]


class SamlForm(ProviderForm):
    class Meta(ProviderForm.Meta):
        fields = ["metadata_url", "metadata_xml", *ProviderForm.Meta.fields, "allows_idp_initiated"]
        labels = ProviderForm.Meta.labels | {
            "metadata_url": "Address of its metadata",
            "metadata_xml": "Or its metadata",
            "allows_idp_initiated": "Allow sign-ins that begin at the provider",
        }
        help_texts = ProviderForm.Meta.help_texts | {
            "metadata_url": "Preferred: new certificates are then known by themselves.",
            "metadata_xml": "The whole XML, where the provider has no address for it.",
            "groups_claim": "The attribute. Empty: groups, memberOf, and Entra's.",
            "allows_idp_initiated": "Such as by a tile on its pages. Less safe: a stolen answer works in any browser.",
        }
        widgets = ProviderForm.Meta.widgets | {
            "metadata_url": forms.TextInput(attrs=PLAIN),
            "metadata_xml": forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        }

    def clean_metadata_url(self) -> str:
        written = self.cleaned_data["metadata_url"]
        return checked_address(written) if written else ""

    def clean_metadata_xml(self) -> str:
        written = str(self.cleaned_data["metadata_xml"]).strip()
        if written:
            try:
                parsed(written)
            except MetadataUnusable as error:
                raise forms.ValidationError(f"{error.message} {error.remedy}") from error
        return written

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if not self.errors and not (cleaned.get("metadata_url") or cleaned.get("metadata_xml")):
            self.add_error("metadata_url", "Give the address of the metadata, or paste them.")
        return cleaned

    def connection_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "metadata_url", "metadata_xml")]


class PolicyForm(forms.Form):
    break_glass = forms.ModelChoiceField(
        User.objects.none(),
        label="Break-glass account",
        empty_label=None,
        help_text="An admin with a password, who can still sign in without single sign-on.",
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        admins = User.objects.filter(is_active=True, role=UserRole.ADMIN).order_by("username")
        self.fields["break_glass"].queryset = admins  # type: ignore[attr-defined]


def lines_of(written: str) -> list[str]:
    """What stands on each line, once."""
    return list(dict.fromkeys(filter(None, map(str.strip, written.splitlines()))))


def checked_address(written: str) -> str:
    """https, or http in the company's own network. Without user name and fragment. Raises ValidationError."""
    address = written.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        usable = (
            parts.scheme in ("https", "http") and parts.hostname and not parts.username and not parts.fragment
        )
    except ValueError:
        usable = False
    if not usable:
        raise forms.ValidationError("Enter an address that begins with https://.")
    return address
