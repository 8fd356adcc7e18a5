"""Users, their one-time sign-in links, and their API tokens."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from usher.access.roles import Action, UserRole, may


class User(AbstractUser):
    """A user who signs in to Usher. `username` is the e-mail in lower case; `name` is the full name."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty means the browser's.")
    role = models.CharField(max_length=8, choices=UserRole, default=UserRole.VIEWER)

    def may(self, action: Action) -> bool:
        return self.is_active and may(self.role, action)

    def get_full_name(self) -> str:
        return self.name or self.email or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


class SignInLink(models.Model):
    """A link that signs in once. Without a user, it creates the first account.

    Only the hash of the token is stored. The link itself is shown once.
    """

    LIFETIME = timedelta(hours=24)

    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sign-in link {self.pk}"

    @classmethod
    def issue(cls, user: User | None = None, lifetime: timedelta = LIFETIME) -> str:
        """Creates a link and returns its token, which cannot be read again."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(token_hash=cls.hash(token), user=user, expires_at=timezone.now() + lifetime)
        return token

    @classmethod
    def find_open(cls, token: str) -> "SignInLink | None":
        """The link of this token, unless it is used or expired."""
        return cls.objects.filter(
            token_hash=cls.hash(token), used_at=None, expires_at__gt=timezone.now()
        ).first()

    def take(self) -> bool:
        """Uses the link up. False when another request just did."""
        return bool(
            SignInLink.objects.filter(pk=self.pk, used_at=None, expires_at__gt=timezone.now()).update(
                used_at=timezone.now()
            )
        )

    @staticmethod
    def hash(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()


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

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"
