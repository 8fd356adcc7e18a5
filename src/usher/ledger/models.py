"""What the ledger stores. The database refuses to change or delete entries: see the first migration."""

from django.db import models
from django.db.models import Q


class Entry(models.Model):
    """One recorded action. It has no foreign keys, because it stays when its subject is deleted."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_kind = models.CharField(max_length=10)
    actor_name = models.TextField()
    actor_user_id = models.BigIntegerField(null=True)
    via = models.TextField()
    action = models.CharField(max_length=60)
    subject = models.TextField()
    reason = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "entries"
        indexes = [models.Index(fields=["action", "-number"], name="ledger_by_action")]

    def __str__(self) -> str:
        return f"{self.number}: {self.action} by {self.actor_name}"


class Head(models.Model):
    """The number and hash of the newest entry, in one row that each new entry locks.

    It keeps numbers without gaps, and shows when entries at the end are missing.
    """

    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="ledger_has_one_head")]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"
