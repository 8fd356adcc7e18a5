"""The environment variables of single sign-on, read without Django: settings check them at start."""

from collections.abc import Mapping

import msgspec

from usher.access.sso.domains import domains_in, is_domain
from usher.refusals import Refused

ISSUER, CLIENT_ID, CLIENT_SECRET = "USHER_OIDC_ISSUER", "USHER_OIDC_CLIENT_ID", "USHER_OIDC_CLIENT_SECRET"
METADATA_URL = "USHER_SAML_METADATA_URL"
ROLES = ("viewer", "operator", "approver", "admin")
GROUPS = {role: f"USHER_SSO_{role.upper()}_GROUPS" for role in ROLES}
NAMES = (
    ISSUER,
    CLIENT_ID,
    CLIENT_SECRET,
    "USHER_OIDC_SCOPES",
    METADATA_URL,
    "USHER_SSO_ACCEPT_UNVERIFIED_EMAIL",
    "USHER_SSO_CREATE_USERS",
    "USHER_SSO_DEFAULT_ROLE",
    "USHER_SSO_DOMAINS",
    "USHER_SSO_GROUPS_CLAIM",
    "USHER_SSO_NAME",
    *GROUPS.values(),
)
WORDS = {"yes": True, "no": False, "": False}


class WronglySet(Refused):
    """A variable, or several together, that cannot be."""


class SsoVariables(msgspec.Struct, frozen=True):
    """One provider: of OpenID Connect with an issuer, of SAML without."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    metadata_url: str
    name: str
    domains: list[str]
    creates_users: bool
    accepts_unverified_email: bool
    groups_claim: str
    default_role: str
    role_groups: dict[str, list[str]]


def read_sso_variables(variables: Mapping[str, str]) -> SsoVariables | None:
    """None where no variable names a provider. Raises WronglySet."""

    def value(name: str) -> str:
        return variables.get(name, "").strip()

    if not value(ISSUER) and not value(METADATA_URL):
        return None
    _check_provider(value(ISSUER), value(CLIENT_ID), value(CLIENT_SECRET), value(METADATA_URL))
    domains = domains_in(value("USHER_SSO_DOMAINS"))
    wrong = next((domain for domain in domains if not is_domain(domain)), None)
    if wrong or not domains:
        raise WronglySet(
            f"USHER_SSO_DOMAINS has “{wrong}”, which is no domain."
            if wrong
            else "USHER_SSO_DOMAINS is not set.",
            "Set the e-mail domains of the people who sign in, such as example.com.",
        )
    default_role = value("USHER_SSO_DEFAULT_ROLE")
    if default_role and default_role not in ROLES:
        raise WronglySet(
            f"USHER_SSO_DEFAULT_ROLE is “{default_role}”.", f"Set it to one of: {', '.join(ROLES)}."
        )
    return SsoVariables(
        issuer=value(ISSUER),
        client_id=value(CLIENT_ID),
        client_secret=value(CLIENT_SECRET),
        scopes=value("USHER_OIDC_SCOPES"),
        metadata_url=value(METADATA_URL),
        name=value("USHER_SSO_NAME") or "Single sign-on",
        domains=domains,
        creates_users=_flag("USHER_SSO_CREATE_USERS", value("USHER_SSO_CREATE_USERS")),
        accepts_unverified_email=_flag(
            "USHER_SSO_ACCEPT_UNVERIFIED_EMAIL", value("USHER_SSO_ACCEPT_UNVERIFIED_EMAIL")
        ),
        groups_claim=value("USHER_SSO_GROUPS_CLAIM"),
        default_role=default_role,
        role_groups={
            role: [group.strip() for group in value(name).split(",") if group.strip()]
            for role, name in GROUPS.items()
        },
    )


def _check_provider(issuer: str, client_id: str, client_secret: str, metadata_url: str) -> None:
    if issuer and metadata_url:
        raise WronglySet(f"Both {ISSUER} and {METADATA_URL} are set.", "Set one of them.")
    if issuer and not (client_id and client_secret):
        raise WronglySet(f"{ISSUER} is set without {CLIENT_ID} and {CLIENT_SECRET}.", "Set all three.")
    for name, address in ((ISSUER, issuer), (METADATA_URL, metadata_url)):
        if address and not address.startswith(("https://", "http://")):
            raise WronglySet(f"{name} is “{address}”.", "Set it to an address that begins with https://.")


def _flag(name: str, word: str) -> bool:
    if word.lower() not in WORDS:
        raise WronglySet(f"{name} is “{word}”.", "Set it to yes or no.")
    return WORDS[word.lower()]
