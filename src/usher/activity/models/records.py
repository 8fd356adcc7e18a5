"""What became of the records of audit log events: their JSON as Asana sent it."""

from django.db import models

from usher.connections.models import Connection


class RecordDictionary(models.Model):
    """What many records of a workspace and a month have in common. Compressed records cannot be read without it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    # A number, not a foreign key: a workspace may go while its events stay.
    workspace_id = models.BigIntegerField()
    month = models.DateField(help_text="Its first day, in UTC.")
    checksum = models.BigIntegerField(
        help_text="Adler-32, by which a compressed record names its dictionary."
    )
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "workspace_id", "month", name="record_dictionary_once"),
            # Two dictionaries with the same checksum could not be told apart.
            models.UniqueConstraint("connection", "checksum", name="record_dictionary_by_checksum"),
        ]

    def __str__(self) -> str:
        return f"{self.checksum:08x}"


class RecordMonth(models.Model):
    """How many records of a connection and a month were compressed, or dropped."""

    class Outcome(models.TextChoices):
        COMPRESSED = "compressed", "Compressed"
        DROPPED = "dropped", "Dropped"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    month = models.DateField(help_text="Its first day, in UTC.")
    outcome = models.CharField(max_length=10, choices=Outcome)
    events = models.BigIntegerField()
    bytes_before = models.BigIntegerField(help_text="Of the records, as they were stored before.")
    bytes_after = models.BigIntegerField()
    done_at = models.DateTimeField(help_text="The last time.")

    class Meta:
        ordering = ("month", "connection", "outcome")
        constraints = [models.UniqueConstraint("connection", "month", "outcome", name="record_month_once")]

    def __str__(self) -> str:
        return f"{self.events} {self.outcome} in {self.month:%B %Y}"


class EventCopy(models.Model):
    """An event in the copy of a month, while the month is written anew (migration 0005).

    A partitioned table of its own, so that what a killed process leaves is a partition as any other to backups,
    restores and row security. The columns are those of AuditEvent; only what is used here is declared.
    """

    pk = models.CompositePrimaryKey("workspace_id", "gid", "created_at")
    connection_id = models.BigIntegerField()
    workspace_id = models.BigIntegerField()
    gid = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "activity_eventcopy"

    def __str__(self) -> str:
        return self.gid
