"""What is computed from the evidence: sessions, days, and the figures of each person and period."""

from django.db import models

from usher.activity.models.evidence import EvidenceSource
from usher.connections.models import Connection
from usher.roster.models import Person


class Touched(models.Model):
    """A person with new evidence between two moments, whose figures are not computed yet."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    user_gid = models.TextField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "user_gid", name="touched_once")]

    def __str__(self) -> str:
        return self.user_gid


class Session(models.Model):
    """Human use by one person without a gap over 30 minutes, in all workspaces of the connection."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    user_gid = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    actions = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "user_gid", "starts_at", name="session_once")]

    def __str__(self) -> str:
        return f"{self.user_gid} {self.starts_at} – {self.ends_at}"


class ActiveDay(models.Model):
    """One person's calendar day in the connection's time zone.

    `human` and `automated` count evidence. A session and its usage time belong to the day on which it starts.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    user_gid = models.TextField()
    day = models.DateField()
    human = models.PositiveIntegerField()
    automated = models.PositiveIntegerField()
    sessions = models.PositiveIntegerField()
    usage_seconds = models.PositiveIntegerField()
    last_human_at = models.DateTimeField(null=True)
    last_human_source = models.CharField(max_length=7, choices=EvidenceSource, blank=True)
    last_automated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "user_gid", "day", name="active_day_once")]
        indexes = [models.Index("connection", "day", name="active_day_by_day")]

    def __str__(self) -> str:
        return f"{self.user_gid} on {self.day}"


class PersonUsage(models.Model):
    """The current figures of one person, over the 30 days that end with `as_of`.

    `has_logged_in` and `never_logged_in_on` are what the console exports say: whether any has a login, and the day of
    the newest one if it says "never".
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    user_gid = models.CharField(max_length=32)  # as a person's gid, or the join takes no index
    # A join without a constraint: the log also has people who are no longer listed.
    person = models.ForeignObject(
        Person,
        on_delete=models.DO_NOTHING,
        from_fields=("connection", "user_gid"),
        to_fields=("connection", "gid"),
        related_name="usage",
        null=True,
    )
    as_of = models.DateField()
    last_used_at = models.DateTimeField(null=True)
    last_used_source = models.CharField(max_length=7, choices=EvidenceSource, blank=True)
    observed_on = models.DateField(
        null=True,
        help_text="The last day with human use that audit log or stream saw, whatever the Admin Console says.",
    )
    last_automated_at = models.DateTimeField(null=True)
    active_days = models.PositiveSmallIntegerField(default=0)
    sessions = models.PositiveIntegerField(default=0)
    usage_seconds = models.PositiveIntegerField(default=0)
    has_logged_in = models.BooleanField(default=False)
    never_logged_in_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "user_gid", name="usage_once")]

    def __str__(self) -> str:
        return f"{self.user_gid} as of {self.as_of}"


class PeriodUse(models.Model):
    """How many people of a connection used Asana in a day, a week (from Monday) or a month, and how much."""

    class Period(models.TextChoices):
        DAY = "day", "Day"
        WEEK = "week", "Week"
        MONTH = "month", "Month"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="period_use")
    period = models.CharField(max_length=5, choices=Period)
    starts_on = models.DateField()
    people = models.PositiveIntegerField()
    active_days = models.PositiveIntegerField(help_text="Of all of them together.")
    usage_seconds = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "period", "starts_on", name="period_use_once")]

    def __str__(self) -> str:
        return f"{self.people} people in the {self.period} of {self.starts_on}"


class UsageState(models.Model):
    """The time zone and the day that a connection's figures were computed for."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="usage_state")
    time_zone = models.CharField(max_length=64)
    as_of = models.DateField()
    raw_since = models.DateTimeField(
        null=True, help_text="Raw events before this were dropped; None: never any."
    )
    problem = models.TextField(blank=True, help_text="Why a source could not be read, where it could not.")

    def __str__(self) -> str:
        return f"{self.connection_id} as of {self.as_of}"
