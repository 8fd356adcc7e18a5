"""Users: who signs in to Usher, and service accounts, which never do."""

from typing import ClassVar

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from usher.access.roles import FOR_PEOPLE_ONLY, OF_THE_WHOLE_INSTALLATION, Action, UserRole, may
from usher.platform.scope import Scope


class PeopleManager(UserManager["User"]):
    """People only: whoever looks for somebody to let in, to tell or to ask finds no service account."""

    use_in_migrations = False

    def get_queryset(self) -> models.QuerySet["User"]:
        return super().get_queryset().filter(is_service=False)


class User(AbstractUser):
    """A user who signs in to Usher. `username` is the e-mail in lower case; `name` is the full name.

    Or a service account (`ServiceAccount`): `username` is its name without spaces, which is no e-mail address.
    """

    objects: ClassVar[PeopleManager] = PeopleManager()
    accounts: ClassVar[models.Manager["User"]] = models.Manager()
    """People and service accounts."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty means the browser's.")
    role = models.CharField(max_length=8, choices=UserRole, default=UserRole.VIEWER)
    # Keys, not references: when the last connection of a scope is deleted, nothing is seen, rather than everything.
    scope = ArrayField[list[int] | None, list[int] | None](
        models.BigIntegerField(), null=True, help_text="The connections that are seen; null: all."
    )
    session_generation = models.PositiveIntegerField(
        default=0, help_text="Sessions of an earlier generation have ended, for good."
    )

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must hold to be valid: Django's own, and the generation.

        Django compares it with every request, and calls this for each key in SECRET_KEY_FALLBACKS.
        """
        key = "usher.access.models.User.get_session_auth_hash"
        text = f"{self.session_generation}:{self.password}"
        return salted_hmac(key, text, secret=secret, algorithm="sha256").hexdigest()

    # Whoever made the link could have set the password themselves, so it opens no other eyes than theirs.
    password_by_link_of = models.CharField(
        max_length=200,
        default="",
        help_text="Who made the sign-in link in whose session the password was set.",
    )
    password_by_link_of_id = models.BigIntegerField(null=True)
    is_service = models.BooleanField(
        default=False, db_default=False, help_text="No person: it never signs in."
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(is_service=False) | Q(email="", password__startswith=UNUSABLE_PASSWORD_PREFIX),
                name="service_accounts_never_sign_in",
            )
        ]

    @property
    def seen(self) -> Scope:
        return Scope.of(self.scope, self.pk)

    limited_to: frozenset[Action] | None = None
    """What the API token allows by which the user acts; None without one. Not stored."""

    def may(self, action: Action) -> bool:
        """Whether role and token allow it and, where it concerns every connection, the user is not limited to some."""
        if self.is_service and (action in FOR_PEOPLE_ONLY or self.limited_to is None):
            return False
        is_allowed = self.limited_to is None or action in self.limited_to
        is_within = self.scope is None or action not in OF_THE_WHOLE_INSTALLATION
        return self.is_active and is_allowed and is_within and may(self.role, action)

    def get_full_name(self) -> str:
        return self.name or self.email or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()
