"""What is stored of access. Each model has a module; import them from here."""

from usher.access.models.addresses import AddressChange
from usher.access.models.links import SignInLink
from usher.access.models.mails import AccountMail
from usher.access.models.security import SecurityPolicy
from usher.access.models.service_accounts import ServiceAccount
from usher.access.models.sso import IdentityProvider, SignInPolicy, UsedAssertion
from usher.access.models.throttle import AttemptCount, KnownDevice
from usher.access.models.tokens import ApiToken
from usher.access.models.trail import TrailEntry
from usher.access.models.users import User

__all__ = [
    "AccountMail",
    "AddressChange",
    "ApiToken",
    "AttemptCount",
    "IdentityProvider",
    "KnownDevice",
    "SecurityPolicy",
    "ServiceAccount",
    "SignInLink",
    "SignInPolicy",
    "TrailEntry",
    "UsedAssertion",
    "User",
]
