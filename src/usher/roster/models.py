"""Who is in Asana, since when, and what changed."""

from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Concat, Lower, Upper
from django.utils import timezone

from usher.connections.models import Connection, SyncRun


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    MEMBER = "member", "Member"
    GUEST = "guest", "Guest"


class Licence(models.TextChoices):
    MEMBER = "member", "Member"
    GUEST = "guest", "Guest"
    VIEW_ONLY = "view_only", "View-only"


class Status(models.TextChoices):
    ACTIVE = "active", "Active"
    NOT_ACTIVE = "not_active", "Not Active"


class Workspace(models.Model):
    """A workspace or organization that the connecting user belongs to."""

    class LeftOut(models.TextChoices):
        """Why a workspace is not walked; empty when it is."""

        FILTER = "filter", "Not the workspace chosen for this connection"
        NOT_VISIBLE = "not_visible", "No longer visible to the connected account"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="workspaces")
    gid = models.CharField(max_length=32)
    name = models.CharField(max_length=255)
    is_organization = models.BooleanField()
    email_domains = models.JSONField[list[str], list[str]](default=list)
    left_out = models.CharField(max_length=12, choices=LeftOut, blank=True)
    last_walked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "gid")
        constraints = [models.UniqueConstraint("connection", "gid", name="workspace_once_per_connection")]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """One Asana user, in all workspaces of a connection."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="people")
    gid = models.CharField(max_length=32)
    name = models.CharField(max_length=255, db_index=True)
    email = models.CharField(max_length=320, blank=True, db_index=True)
    domain = models.GeneratedField(
        expression=Lower(Func("email", Value("@"), Value(2), function="split_part")),
        output_field=models.CharField(max_length=320),
        db_persist=True,
        db_index=True,
    )
    searched = models.GeneratedField(
        expression=Upper(Concat("name", Value("\n"), "email")),
        output_field=models.TextField(),
        db_persist=True,
        help_text="What a search looks through. Migration 0004 makes an index where the server has pg_trgm.",
    )

    class Meta:
        verbose_name_plural = "people"
        constraints = [models.UniqueConstraint("connection", "gid", name="person_once_per_connection")]
        indexes = [models.Index(Upper("email"), name="person_by_any_spelling")]

    def __str__(self) -> str:
        return self.name or self.email or self.gid


class Membership(models.Model):
    """A person in a workspace, as the last complete walk read it. Marked as ended when it ends, never deleted."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    gid = models.CharField(max_length=32)
    role = models.CharField(max_length=6, choices=Role)
    licence = models.CharField(max_length=9, choices=Licence)
    status = models.CharField(max_length=10, choices=Status)
    since = models.DateTimeField(help_text="Asana's date of the membership, else when it was first seen.")
    until = models.DateTimeField(
        null=True,
        help_text="When it was seen to have ended; unknown for those who had left before the first walk.",
    )

    class Meta:
        constraints = [models.UniqueConstraint("workspace", "person", name="membership_once_per_workspace")]
        indexes = [
            models.Index("workspace", "status", "role", "licence", name="membership_by_kind"),
            models.Index("since", name="membership_by_since"),
            models.Index("until", name="membership_by_until"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.workspace_id}"


class Change(models.Model):
    """One step in the history of a membership."""

    class Kind(models.TextChoices):
        JOINED = "joined", "Joined"
        LEFT = "left", "Left"
        RETURNED = "returned", "Came back"
        ROLE = "role", "Role changed"
        LICENCE = "licence", "Licence changed"

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="changes")
    run = models.ForeignKey(SyncRun, null=True, on_delete=models.SET_NULL, related_name="roster_changes")
    kind = models.CharField(max_length=8, choices=Kind)
    before = models.CharField(max_length=20, blank=True)
    after = models.CharField(max_length=20, blank=True)
    happened_at = models.DateTimeField(help_text="Asana's date where it gives one, else when it was seen.")
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("-happened_at", "-pk")
        indexes = [
            models.Index("kind", "happened_at", include=["membership"], name="change_by_kind_and_time")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.before} {self.after}".strip()


class WorkspaceWalk(models.Model):
    """The progress of a run in one workspace, so that a killed run can continue there."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="walks")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    offset = models.TextField(blank=True)
    seen = models.PositiveIntegerField(default=0)
    is_read = models.BooleanField(default=False, help_text="Every page has been read.")
    applied_at = models.DateTimeField(null=True)
    vanished = models.PositiveIntegerField(default=0)
    question = models.TextField(blank=True, help_text="Why it stopped to ask.")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("run", "workspace", name="workspace_once_per_run")]

    def __str__(self) -> str:
        return f"walk of {self.workspace_id} in run {self.run_id}"


class Sighting(models.Model):
    """One membership, as a walk in progress read it. Deleted when the walk is applied."""

    # The unique constraint has an index that begins with it; with both, PostgreSQL would choose the worse one.
    walk = models.ForeignKey(
        WorkspaceWalk, on_delete=models.CASCADE, related_name="sightings", db_index=False
    )
    user_gid = models.CharField(max_length=32)
    gid = models.CharField(max_length=32)
    name = models.CharField(max_length=255)
    email = models.CharField(max_length=320)
    role = models.CharField(max_length=6)
    licence = models.CharField(max_length=9)
    status = models.CharField(max_length=10)
    since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("walk", "user_gid", name="seen_once_per_walk")]

    def __str__(self) -> str:
        return f"{self.user_gid} in walk {self.walk_id}"


class SeatCount(models.Model):
    """The number of active memberships of each kind in a workspace, for each day that it was walked."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="seat_counts")
    day = models.DateField()
    role = models.CharField(max_length=6, choices=Role)
    licence = models.CharField(max_length=9, choices=Licence)
    people = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("workspace", "day", "role", "licence", name="seats_once_per_day")
        ]
        indexes = [models.Index("day", name="seat_count_by_day")]

    def __str__(self) -> str:
        return f"{self.people} {self.role}/{self.licence} on {self.day}"


class SeatPrice(models.Model):
    """What a seat costs a month under the contract with Asana. There is no row until somebody enters it."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="seat_price")
    amount = models.DecimalField("price of a seat a month", max_digits=10, decimal_places=2)
    currency = models.CharField(max_length=3, help_text="Three letters, such as EUR or USD.")
    is_from_contract = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A contract says it, and only a change of the contract changes it.",
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="price_is_not_negative")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


SEAT = Q(status=Status.ACTIVE) & ~Q(licence__in=[Licence.GUEST, Licence.VIEW_ONLY])
"""A membership that is billed, as far as the API says (it does not say who is paused)."""
