"""Personal API tokens."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from usher.access.models.users import User
from usher.platform.scope import Scope


class ApiToken(models.Model):
    """A personal token. A program with it may do what its owner may; the ledger names the token.

    Only the hash is stored, and the token is shown once. Revoked tokens are kept for the record.
    """

    PREFIX = "usher_"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    link_made_by = models.ForeignKey(
        User,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The token was made in a session that a sign-in link of this user opened.",
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
    def seen(self) -> Scope:
        """At most what the owner sees now."""
        return self.user.seen.within(Scope.of(self.scope))
