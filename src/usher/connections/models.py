"""Connected Asana accounts, their credentials, tests and runs."""

from datetime import UTC, datetime, timedelta
from typing import TypedDict

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from usher.connections.states import ProblemKind, Solution, SyncStep
from usher.platform.encryption import EncryptedTextField


class Mode(models.TextChoices):
    READ = "read", "Read"
    ACT = "act", "Read and take action"


class ConnectionState(models.TextChoices):
    """The state of a connection, as pages show it."""

    NEW = "new", "Not synced yet"
    SYNCING = "syncing", "Syncing"
    SYNCED = "synced", "Connected and synced"
    ATTENTION = "attention", "Needs attention"
    DISCONNECTED = "disconnected", "Disconnected"


class Connection(models.Model):
    """One Asana account connected to Usher. Its tokens are in `Credentials`."""

    class Authorization(models.TextChoices):
        OAUTH = "oauth", "OAuth"
        TOKEN = "token", "Personal access token"

    name = models.CharField(max_length=100)
    mode = models.CharField(max_length=4, choices=Mode, default=Mode.READ)
    authorization = models.CharField(max_length=5, choices=Authorization)
    workspace_gid = models.CharField(
        "organization or workspace GID", max_length=32, blank=True, help_text="Empty means all."
    )
    asana_user_gid = models.CharField(max_length=32, unique=True)
    asana_user_name = models.CharField(max_length=255)
    asana_user_email = models.CharField(max_length=320, blank=True)
    has_service_token = models.BooleanField(default=False)
    requests_per_minute = models.PositiveIntegerField(default=1500)
    time_zone = models.CharField(max_length=64, default="UTC")
    holiday_calendar = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="Whose public holidays are kept: a country or one of its regions, such as “DE-BY”.",
    )
    requires_sso = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Members have to sign in to Asana by single sign-on: whoever does not is told.",
    )
    sync_at = models.TimeField(help_text="When the daily sync starts, in the connection's time zone.")
    next_sync_at = models.DateTimeField(null=True, blank=True)
    last_synced_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    disconnected_at = models.DateTimeField(null=True, blank=True)

    # What needs attention, in words for a page; empty when nothing does.
    problem = models.TextField(blank=True)
    problem_remedy = models.TextField(blank=True)
    problem_kind = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(disconnected_at=None), name="one_connected_account_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_connected(self) -> bool:
        return self.disconnected_at is None

    @property
    def solution(self) -> Solution:
        return ProblemKind(self.problem_kind).solution

    def set_problem(self, kind: ProblemKind = ProblemKind.NONE, problem: str = "", remedy: str = "") -> None:
        """Stores what needs attention; without arguments, that nothing does."""
        self.problem_kind, self.problem, self.problem_remedy = kind, problem, remedy
        self.save(update_fields=["problem_kind", "problem", "problem_remedy"])

    def open_run(self) -> "SyncRun | None":
        """The run that is queued or running. No query after `with_open_runs`."""
        prefetched: list[SyncRun] | None = getattr(self, "open_runs", None)
        if prefetched is None:
            return self.runs.filter(state__in=SyncRun.OPEN).first()
        return prefetched[0] if prefetched else None

    @property
    def state(self) -> ConnectionState:
        if not self.is_connected:
            return ConnectionState.DISCONNECTED
        if self.open_run():
            return ConnectionState.SYNCING
        if self.problem:
            return ConnectionState.ATTENTION
        return ConnectionState.SYNCED if self.last_synced_at else ConnectionState.NEW


class Credentials(models.Model):
    """The tokens of a connection, encrypted. Read only by the code that talks to Asana."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="credentials")
    access_token = EncryptedTextField()
    refresh_token = EncryptedTextField(blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Of the access token.")
    service_token = EncryptedTextField(blank=True)

    def __str__(self) -> str:
        return f"credentials of {self.connection_id}"


class TokenPace(models.Model):
    """What all processes have sent lately with one token. Written only by `pace.statements`."""

    key = models.CharField(
        max_length=64, primary_key=True, help_text="A keyed hash: nobody reads a token from it."
    )
    slot = models.BigIntegerField(help_text="The newest slot of `sent`, in fifths of a second.")
    sent = ArrayField(models.IntegerField(), help_text="Calls by slot, the newest first.")
    under_way = models.JSONField[dict[str, list[float]], dict[str, list[float]]](
        default=dict, help_text="By process: reads, writes, and when it told them."
    )
    paused_until = models.DateTimeField(null=True, help_text="Asana asked for it.")

    def __str__(self) -> str:
        return f"pace of {self.key[:8]}"


class AsanaApp(models.Model):
    """The customer's own OAuth app, when it is not set by the environment. At most one row."""

    client_id = models.CharField("client ID", max_length=64)
    client_secret = EncryptedTextField("client secret")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_asana_app")]

    def __str__(self) -> str:
        return self.client_id


class ConnectAttempt(models.Model):
    """Remembers what a person filled in while they are on Asana's consent page. Used once, within its lifetime."""

    LIFETIME_MINUTES = 15

    state_hash = models.CharField(max_length=64, unique=True)
    session_key = models.CharField(max_length=40)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    code_verifier = EncryptedTextField()
    redirect_uri = models.CharField(max_length=500)
    reconnects = models.ForeignKey(Connection, null=True, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    mode = models.CharField(max_length=4, choices=Mode)
    workspace_gid = models.CharField(max_length=32, blank=True)
    service_token = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"attempt to connect {self.name}"


class CheckResult(TypedDict):
    """One line of a Test Connection. `outcome`: waiting, running, passed, warned, failed or skipped."""

    key: str
    label: str
    outcome: str
    detail: str
    remedy: str


class ConnectionTest(models.Model):
    """One Test Connection. Its checks are filled in one by one."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="tests")
    checks = models.JSONField[list[CheckResult], list[CheckResult]](default=list)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"test of {self.connection_id} at {self.started_at}"


class SyncRun(models.Model):
    """One run that brings a connection up to date. Another process resumes it when its own dies."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting to start"
        RUNNING = "running", "Running"
        ASKING = "asking", "Asks before it goes on"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "Daily"
        PERSON = "person", "On demand"
        COMMAND = "command", "Command line"

    OPEN = (State.QUEUED, State.RUNNING)

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    trigger = models.CharField(max_length=8, choices=Trigger)
    accept_vanished = models.BooleanField(
        default=False, help_text="An admin has said that people who vanish at once really left."
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    retries = models.PositiveIntegerField(default=0)
    step = models.CharField(max_length=200, blank=True)
    progress = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(null=True)
    memberships = models.PositiveIntegerField(default=0, help_text="Read in this run.")
    events = models.PositiveIntegerField(default=0, help_text="New ones stored in this run.")
    joined = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    remedy = models.TextField(blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                "connection", condition=Q(state__in=("queued", "running")), name="one_open_run_per_connection"
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.connection_id}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def set_step(self, step: SyncStep, workspaces: str = "") -> None:
        self.step = f"{step.value}:{workspaces}"[:200]

    @property
    def step_label(self) -> str:
        """The current step for people, such as "Reading people of Acme"."""
        step, workspaces = self._step()
        if step is None:
            return self.step
        if step == SyncStep.WAIT_FOR_ASANA:
            return f"{step.label} until {datetime.fromisoformat(workspaces).astimezone(UTC):%H:%M:%S} UTC"
        return f"{step.label} of {workspaces}" if workspaces else step.label

    @property
    def unit(self) -> str:
        """What `progress` counts in the current step; empty where it counts nothing."""
        step, _ = self._step()
        return step.unit if step else ""

    def _step(self) -> tuple[SyncStep | None, str]:
        """None before the first step and for a run of version 0.1.0, which stored a sentence."""
        value, _, workspaces = self.step.partition(":")
        return SyncStep(value) if value in SyncStep.values else None, workspaces

    @property
    def duration(self) -> timedelta | None:
        """From start to end; None before the end."""
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None


def with_open_runs(connections: QuerySet[Connection]) -> QuerySet[Connection]:
    """Reads the open runs of all connections at once, for lists that show their state."""
    open_runs = SyncRun.objects.filter(state__in=SyncRun.OPEN)
    return connections.prefetch_related(Prefetch("runs", open_runs, to_attr="open_runs"))
