"""Evidence of use, and what is computed from it."""

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from usher.activity.models.console import ConsoleImport, ConsoleSighting, ConsoleUpload, UnmatchedMember
from usher.activity.models.evidence import EvidenceSource, Use
from usher.activity.models.figures import ActiveDay, PeriodUse, PersonUsage, Session, Touched, UsageState
from usher.activity.models.listed import KeptCells, ListedMembership, ListingChange
from usher.activity.models.records import EventCopy, RecordDictionary, RecordMonth
from usher.connections.models import Connection
from usher.roster.models import Workspace

__all__ = [
    "ActiveDay",
    "AuditEvent",
    "AuditWindow",
    "ConsoleImport",
    "ConsoleSighting",
    "ConsoleUpload",
    "Coverage",
    "EventCopy",
    "EventTypeSeen",
    "EvidenceSource",
    "KeptCells",
    "ListedMembership",
    "ListingChange",
    "PeriodUse",
    "PersonUsage",
    "RecordDictionary",
    "RecordMonth",
    "Session",
    "StreamCursor",
    "StreamEvent",
    "Touched",
    "UnmatchedMember",
    "UsageState",
    "Use",
]


class AuditEvent(models.Model):
    """One event of Asana's audit log, in a table partitioned by month (migration 0002).

    Its record, the JSON as Asana sent it, is in `raw`, or compressed in `packed`. Both are empty where it was dropped.
    `usher.activity.records.reading` returns it.
    """

    pk = models.CompositePrimaryKey("workspace_id", "gid", "created_at")
    connection_id = models.BigIntegerField()
    workspace_id = models.BigIntegerField()
    gid = models.TextField()
    created_at = models.DateTimeField()
    event_type = models.TextField()
    category = models.TextField()
    actor_type = models.TextField()
    actor_gid = models.TextField()
    resource_type = models.TextField()
    resource_gid = models.TextField()
    context_type = models.TextField()
    ip_address = models.TextField()
    use = models.SmallIntegerField(choices=Use)
    raw = models.TextField()
    packed = models.BinaryField(default=b"")
    arrival = models.BigIntegerField(
        null=True, help_text="In the order of storing (`usher.activity.ingest.arrivals`); null: before 0.2."
    )

    class Meta:
        managed = False
        db_table = "activity_auditevent"

    def __str__(self) -> str:
        return f"{self.event_type} {self.gid}"


class StreamEvent(models.Model):
    """One change in Asana, as evidence of use: who, when and what kind, but no content.

    The table is partitioned by month and has no key: a page of events is stored together with the next token.
    """

    pk = models.CompositePrimaryKey("connection_id", "user_gid", "at")
    connection_id = models.BigIntegerField()
    workspace_id = models.BigIntegerField()
    user_gid = models.TextField()
    at = models.DateTimeField()
    resource_type = models.TextField()
    action = models.TextField()

    class Meta:
        managed = False
        db_table = "activity_streamevent"

    def __str__(self) -> str:
        return f"{self.user_gid} {self.action} {self.resource_type}"


class AuditWindow(models.Model):
    """A part [starts_at, ends_at) of a workspace's audit log, read as far as `read_until`."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="audit_windows")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    read_until = models.DateTimeField()
    is_done = models.BooleanField(default=False)

    class Meta:
        ordering = ("starts_at",)

    def __str__(self) -> str:
        return f"{self.starts_at} – {self.ends_at}"


class Coverage(models.Model):
    """A span of time that was read without a gap. The spans of one source never touch or overlap."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="coverage")
    source = models.CharField(max_length=7, choices=EvidenceSource)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ("begins_at",)
        constraints = [
            models.UniqueConstraint("workspace", "source", "begins_at", name="coverage_span_once"),
            models.CheckConstraint(
                condition=models.Q(begins_at__lte=models.F("ends_at")), name="coverage_runs_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.begins_at} – {self.ends_at}"


class StreamCursor(models.Model):
    """The position in a workspace's event stream."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, related_name="stream_cursor")
    sync = models.TextField()
    polled_at = models.DateTimeField()
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"stream of {self.workspace_id}"


class EventTypeSeen(models.Model):
    """An event type in a connection's audit log: since when it is there, and how many events."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="event_types")
    event_type = models.TextField()
    category = models.TextField()
    first_seen_at = models.DateTimeField(default=timezone.now, db_default=Now())
    events = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("connection", "event_type", "category", name="event_type_once")
        ]

    def __str__(self) -> str:
        return self.event_type
