"""Destinations of event streams, and how far each has got."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from usher.platform.encryption import EncryptedTextField


class StreamDestination(models.Model):
    """A place that audit log events or ledger entries are sent to. Set under Settings → Event streams.

    Its cursors move when the receiver has taken what lies before them. So after an outage it goes on where it was, and
    what was being sent when a process died is sent again.
    """

    class Kind(models.TextChoices):
        SPLUNK = "splunk", "Splunk (HTTP Event Collector)"
        ELASTIC = "elastic", "Elasticsearch or OpenSearch"
        DATADOG = "datadog", "Datadog"
        LINES = "lines", "JSON Lines over HTTP"
        SYSLOG = "syslog", "Syslog over TLS"
        FOLDER = "folder", "Files in a folder"
        S3 = "s3", "Files in S3"

    class Form(models.TextChoices):
        OCSF = "ocsf", "OCSF 1.5"
        RAW = "raw", "As Asana and the ledger have them"

    class Contents(models.TextChoices):
        EVENTS = "events", "Audit log events of Asana"
        LEDGER = "ledger", "Entries of Usher's ledger"
        BOTH = "both", "Both"

    SECRETS = ("secret",)

    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=60, unique=True)
    address = models.CharField(
        max_length=1000, help_text="A URL; host and port of a syslog server; the name of a folder."
    )
    place = models.CharField(max_length=300, blank=True, help_text="An index; a bucket and a prefix.")
    region = models.CharField(max_length=60, blank=True, help_text="Of S3.")
    key_id = models.CharField(max_length=200, blank=True, help_text="Of S3; it is no secret.")
    secret = EncryptedTextField(blank=True, help_text="A token or key.")
    authority = models.TextField(
        blank=True, help_text="Certificates (PEM) of the receiver's own authority; empty: public ones."
    )
    form = models.CharField(max_length=4, choices=Form, default=Form.OCSF)
    contents = models.CharField(max_length=6, choices=Contents, default=Contents.EVENTS)
    # Keys, not references: when the last connection of a limit is deleted, nothing is sent, rather than everything.
    connections = ArrayField[list[int] | None, list[int] | None](
        models.BigIntegerField(), null=True, help_text="What is of these alone. Null: everything."
    )
    is_on = models.BooleanField(default=True)

    event_cursor = models.BigIntegerField(default=0, help_text="`AuditEvent.arrival` of the last one taken.")
    ledger_cursor = models.BigIntegerField(default=0, help_text="The number of the last entry taken.")
    again_from = models.DateTimeField(null=True, help_text="Events since then are sent again, up to …")
    again_until = models.DateTimeField(null=True)
    again_position = models.TextField(blank=True, help_text="How far that has got: a position in the events.")

    sent = models.BigIntegerField(default=0, help_text="Taken by the receiver so far, again ones included.")
    last_sent_at = models.DateTimeField(null=True)
    caught_up_at = models.DateTimeField(null=True, help_text="When nothing was left to send, the last time.")
    problem = models.CharField(
        max_length=500, blank=True, help_text="Why the last attempt failed; else empty."
    )
    remedy = models.CharField(max_length=500, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def without_secrets(cls) -> models.QuerySet["StreamDestination"]:
        """For everything that needs none: a lost key does not stand in the way."""
        return cls.objects.defer(*cls.SECRETS)

    @property
    def is_limited(self) -> bool:
        return self.connections is not None

    @property
    def takes_events(self) -> bool:
        return self.contents != self.Contents.LEDGER

    @property
    def takes_ledger(self) -> bool:
        return self.contents != self.Contents.EVENTS

    @property
    def where(self) -> str:
        """As it may be shown and recorded: of a URL its host and port, since a path may hold a token."""
        if "://" in self.address:
            host = urlsplit(self.address).netloc.rpartition("@")[2]
            return f"{host}, {self.place}" if self.place else host
        return self.address

    @property
    def lag(self) -> timedelta | None:
        """How long ago everything was sent. None if it never was."""
        return timezone.now() - self.caught_up_at if self.caught_up_at else None
