"""What is stored of access. Each model has a module; import them from here."""

from usher.access.models.links import SignInLink
from usher.access.models.security import SecurityPolicy
from usher.access.models.tokens import ApiToken
from usher.access.models.trail import TrailEntry
from usher.access.models.users import User

__all__ = ["ApiToken", "SecurityPolicy", "SignInLink", "TrailEntry", "User"]
