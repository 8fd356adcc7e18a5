"""One-time sign-in links."""

import hashlib
import secrets
from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone

from usher.access.models.users import User
from usher.ledger.actors import Actor


class SignInLink(models.Model):
    """A link that signs in once. Without a user, it creates the first account.

    Only the hash of the token is stored. The link itself is shown once.
    """

    LIFETIME = timedelta(hours=24)
    CLOCK_MAY_DIFFER = timedelta(minutes=5)

    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_by_name = models.CharField(
        max_length=200, default="", help_text="As in the ledger; also where a user of the machine made it."
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sign-in link {self.pk}"

    @classmethod
    def issue(
        cls, user: User | None = None, lifetime: timedelta = LIFETIME, made_by: Actor | None = None
    ) -> str:
        """Creates a link and returns its token, which cannot be read again."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(
            token_hash=cls.hash(token),
            user=user,
            expires_at=timezone.now() + lifetime,
            made_by_id=made_by.user_id if made_by else None,
            made_by_name=made_by.name[:200] if made_by else "",
        )
        return token

    @classmethod
    def find_open(cls, token: str) -> "SignInLink | None":
        """The link of this token, unless it is used or expired."""
        return cls._open_now().filter(token_hash=cls.hash(token)).first()

    @classmethod
    def _open_now(cls) -> models.QuerySet["SignInLink"]:
        """Not those that last longer than any link does: the clock ran ahead when they were made."""
        now = timezone.now()
        return cls.objects.filter(
            used_at=None, expires_at__gt=now, expires_at__lte=now + cls.LIFETIME + cls.CLOCK_MAY_DIFFER
        )

    def take(self) -> bool:
        """Uses the link up, and all other links of its user with it. False when another request just did."""
        with transaction.atomic():
            if not self._open_now().filter(pk=self.pk).update(used_at=timezone.now()):
                return False
            if self.user_id is not None:
                SignInLink.objects.filter(user=self.user_id, used_at=None).delete()
            return True

    @staticmethod
    def hash(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()
