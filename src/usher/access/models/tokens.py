"""API tokens."""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from usher.access.models.users import User
from usher.access.permissions import in_words
from usher.platform.scope import Scope


class ApiToken(models.Model):
    """A program with a token may do what it permits and its owner may; the ledger names the token.

    The owner is a person, or a service account. That of a service account permits what the account may at the time.

    Only the hash is stored, and the token is shown once. Revoked tokens are kept for the record.
    """

    PREFIX = "usher_"
    SOON = timedelta(days=14)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.GenericIPAddressField(null=True)
    expires_at = models.DateTimeField()
    was_given_end = models.BooleanField(
        default=False, help_text="By the upgrade to the first version whose tokens end."
    )
    owner_told_at = models.DateTimeField(null=True, help_text="That it ends soon.")
    permissions = ArrayField[list[str], list[str]](
        models.CharField(max_length=20), help_text="Values of TokenPermission."
    )
    revoked_at = models.DateTimeField(null=True)
    link_made_by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The token was made in a session that a sign-in link of this user opened.",
        # Of a service account: who made the token.
    )
    link_made_by_name = models.CharField(max_length=200, default="")
    scope = ArrayField[list[int] | None, list[int] | None](
        models.BigIntegerField(), null=True, help_text="Of what the owner sees, these connections; null: all."
    )

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"

    @property
    def ends_at(self) -> datetime:
        """With a service account, its tokens end too."""
        return min(self.expires_at, self.user.service.ends_at) if self.user.is_service else self.expires_at

    @property
    def is_expired(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def ends_soon(self) -> bool:
        return not self.is_expired and self.ends_at <= timezone.now() + self.SOON

    @property
    def permitted(self) -> list[str]:
        """What the token permits now: values of TokenPermission."""
        if not self.user.is_service:
            return self.permissions
        return [each for each in self.permissions if each in self.user.service.permissions]

    @property
    def permissions_in_words(self) -> str:
        return in_words(self.permitted)

    @property
    def seen(self) -> Scope:
        """At most what the owner sees now."""
        return self.user.seen.within(Scope.of(self.scope))
