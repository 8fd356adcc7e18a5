"""Memberships as lists and counts read them, kept so that no page has to put them together."""

from django.db import models
from django.db.models import F

from usher.activity.models.evidence import EvidenceSource
from usher.connections.models import Connection
from usher.roster.models import Licence, Membership, Person, Role, Status, Workspace


class ListedMembership(models.Model):
    """A membership with its person's name and use, in one row.

    Triggers in PostgreSQL keep it in the transaction that changes a membership, a person, the figures of somebody's
    use or a console export; nothing else writes it. The rule is the function `usher_listed` of migration 0007.
    Without figures of use, their fields are null or empty.
    """

    membership = models.OneToOneField(
        Membership, primary_key=True, on_delete=models.CASCADE, related_name="listed"
    )
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="listed")
    name = models.CharField(max_length=255)
    email = models.CharField(max_length=320, blank=True)
    domain = models.CharField(max_length=320, blank=True)
    role = models.CharField(max_length=6, choices=Role)
    licence = models.CharField(max_length=9, choices=Licence)
    status = models.CharField(max_length=10, choices=Status)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    in_console = models.BooleanField(help_text="Whether the person is in any console export.")
    last_used_at = models.DateTimeField(null=True)
    last_used_source = models.CharField(max_length=7, choices=EvidenceSource, blank=True)
    last_automated_at = models.DateTimeField(null=True)
    active_days = models.PositiveSmallIntegerField(null=True)
    usage_seconds = models.PositiveIntegerField(null=True)
    has_logged_in = models.BooleanField(null=True)
    never_logged_in_on = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index("name", "membership", name="listed_by_name"),
            models.Index(
                F("last_used_at").desc(nulls_last=True), "name", "membership", name="listed_by_newest_use"
            ),
            models.Index(
                F("last_used_at").asc(nulls_last=True), "name", "membership", name="listed_by_oldest_use"
            ),
            models.Index("workspace", "status", name="listed_by_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.workspace_id}"


class ListingChange(models.Model):
    """A transaction changed listed memberships of a connection. What is kept of a count is valid until the next one.

    Rows only come, so that nobody waits for anybody; a job puts one in the place of many.
    """

    # A row may outlive its connection, which a trigger wrote while the connection was being deleted.
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )

    def __str__(self) -> str:
        return f"change {self.pk} of {self.connection_id}"


class KeptCells(models.Model):
    """A connection's memberships, counted: see `usher.activity.usage.cells`."""

    connection = models.OneToOneField(
        Connection, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    version = models.TextField(help_text="Of the listed memberships that were counted.")
    question = models.TextField(help_text="What was asked: days, spans and workspaces.")
    cells = models.TextField(help_text="JSON.")

    def __str__(self) -> str:
        return f"cells of {self.connection_id} at {self.version}"
