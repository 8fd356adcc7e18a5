"""What the ledger stores. The database refuses to change or delete entries: see the first migration."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


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
    connection_id = models.BigIntegerField(
        null=True, help_text="The connection that it is about; null: the installation, or from before 0.2."
    )
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["action", "-number"], name="ledger_by_action"),
            models.Index(
                fields=["connection_id", "-number"],
                condition=Q(connection_id__isnull=False),
                name="ledger_by_connection",
            ),
        ]

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


class LedgerCheck(models.Model):
    """The last verification of the whole ledger, in one row."""

    at = models.DateTimeField()
    checked_to = models.PositiveBigIntegerField(help_text="The number of the last entry that was checked.")
    problem = models.TextField(blank=True, help_text="The first problem; empty if there was none.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="ledger_has_one_check")]

    def __str__(self) -> str:
        return f"{self.at}: {self.problem or 'intact'}"


class MissingHead(models.Model):
    """A head of the ledger that was noted outside the database, and that the database no longer has.

    Until an admin has looked at it (`settled_at`), nothing changes Asana. Other machines see it here.
    """

    number = models.PositiveBigIntegerField(default=0, help_text="0 if nobody noted it.")
    hash = models.CharField(max_length=64, blank=True)
    noted_at = models.DateTimeField(null=True)
    machine = models.TextField(blank=True, help_text="Whose data folder had noted it.")
    restored_by = models.TextField(blank=True, help_text="Who ran `usher restore`; empty if it was noticed.")
    backup_at = models.DateTimeField(null=True, help_text="When the backup was made, for `usher restore`.")
    database_head = models.TextField(blank=True, help_text="What the database had instead.")
    kept_number = models.PositiveBigIntegerField(null=True, help_text="The newest entry that is still there.")
    kept_at = models.DateTimeField(null=True)
    missing = models.JSONField[list[dict[str, object]], list[dict[str, object]]](
        default=list, help_text="The entries after that one, as far as they are known."
    )
    found_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.TextField(blank=True)

    class Meta:
        ordering = ["-found_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}" if self.number else "unknown"
