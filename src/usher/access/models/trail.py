"""The trail: sign-ins, failures, refused actions, exports and look-ups."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from usher.access.models.users import User


class TrailEntry(models.Model):
    """One thing that somebody did, or tried, and that changed nothing. Changes are in the ledger.

    Kept for USHER_KEEP_TRAIL_DAYS. Never holds a secret.
    """

    WHO_MAX, AGENT_MAX, ABOUT_MAX = 200, 300, 500

    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=40)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    who = models.CharField(
        max_length=WHO_MAX, help_text="The account's address then, or the name that was typed."
    )
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=AGENT_MAX)
    about = models.CharField(max_length=ABOUT_MAX)

    class Meta:
        ordering = ["-id"]
        indexes = [
            BrinIndex(fields=["at"], name="access_trail_at"),
            models.Index(fields=["kind", "-id"], name="access_trail_kind"),
            models.Index(fields=["user", "-id"], name="access_trail_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.who}"
