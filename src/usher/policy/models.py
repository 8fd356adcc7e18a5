"""Rules, what each run found and did, and what a trial of a rule would have found."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from usher.connections.models import Connection
from usher.removal.models import Case
from usher.roster.models import Membership, Person


class Policy(models.Model):
    """A rule. `definition` is a `definition.Definition`; its name and connection stand beside it, for lists."""

    class State(models.TextChoices):
        OFF = "off", "Off"
        WATCHING = "watching", "Watching"
        ACTING = "acting", "Acting"
        ASKING = "asking", "Stopped, asks"

    name = models.CharField(max_length=100, unique=True)
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.CASCADE, related_name="policies", help_text="Empty: all."
    )
    definition = models.JSONField[dict[str, object], dict[str, object]]()
    version = models.PositiveIntegerField(default=1, help_text="Counts the changes of the definition.")
    state = models.CharField(max_length=8, choices=State, default=State.OFF)
    state_since = models.DateTimeField(default=timezone.now)
    question = models.TextField(blank=True, help_text="Why it stopped to ask.")
    made_by = models.CharField(max_length=320)
    switched_on_by = models.JSONField[list[dict[str, str | int | None]], list[dict[str, str | int | None]]](
        default=list,
        help_text="Who wrote this version, and who switched it to acting: `name` and `id`. They cannot approve its "
        "cases.",
    )
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "policies"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class PolicyRun(models.Model):
    """One run of a rule over one connection, on one day there."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        ASKING = "asking", "Stopped, asks"
        SKIPPED = "skipped", "Not run"

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="runs")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="policy_runs")
    day = models.DateField(help_text="In the connection's time zone.")
    version = models.PositiveIntegerField()
    is_acting = models.BooleanField()
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    found = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    are_right = models.BooleanField(
        default=False,
        help_text="Of a run that asked: a person answered that so many are right, for the next one.",
    )

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index("policy", "connection", "day", name="policy_run_by_day")]

    def __str__(self) -> str:
        return f"run {self.pk} of rule {self.policy_id}"


class PolicyFinding(models.Model):
    """Somebody whom a run found. `done`: what was done, `left_out`: why nothing was; one of both is empty."""

    run = models.ForeignKey(PolicyRun, on_delete=models.CASCADE, related_name="findings")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="policy_findings")
    name = models.CharField(max_length=255)
    email = models.CharField(max_length=320, blank=True)
    done = models.CharField(max_length=200, blank=True)
    left_out = models.CharField(max_length=500, blank=True)
    says = models.CharField(
        max_length=500,
        blank=True,
        db_default="",
        help_text="What was found, where the rule alone does not say it.",
    )
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="policy_findings")

    class Meta:
        constraints = [models.UniqueConstraint("run", "person", name="found_once_per_run")]
        indexes = [models.Index("name", name="policy_finding_by_name")]

    def __str__(self) -> str:
        return self.name or self.email


class SeatQuestion(models.Model):
    """One question to a person, or to their manager, whether a seat is needed. Only the hash of its link is kept."""

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        KEPT = "kept", "Needs it"
        RELEASED = "released", "Released"
        NO_ANSWER = "no_answer", "No answer"
        BOUNCED = "bounced", "Mail bounced"
        USED = "used", "Used Asana since"
        ENDED = "ended", "No longer asked"

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="questions")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="seat_questions")
    name = models.CharField(max_length=255)
    address = models.CharField(max_length=320)
    is_to_manager = models.BooleanField(default=False)
    workspaces = models.JSONField[list[str], list[str]](default=list, help_text="The gids of those found.")
    says = models.CharField(max_length=500, help_text="Why they are asked, as the message says it.")
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    token_hash = models.CharField(max_length=64, unique=True)
    reminder_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001  # several have none
    asked_at = models.DateTimeField(default=timezone.now)
    reminded_at = models.DateTimeField(null=True)
    answer_by = models.DateField()
    answered_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=500, blank=True)
    not_again_before = models.DateField(null=True)
    problem = models.CharField(max_length=500, blank=True, help_text="Why no case was opened.")
    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="seat_questions")

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint("person", condition=Q(state="asked"), name="one_open_question_per_person")
        ]
        indexes = [models.Index("policy", "state", name="seat_question_by_state")]

    def __str__(self) -> str:
        return f"question {self.pk} about {self.name}"


class PolicyTrial(models.Model):
    """What one version of a rule would have found on each of the last days."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being tried"
        DONE = "done", "Tried"
        FAILED = "failed", "Failed"

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="trials")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    today = models.DateField(null=True)
    days = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint("policy", condition=Q(state="waiting"), name="one_trial_at_a_time")
        ]

    def __str__(self) -> str:
        return f"trial {self.pk} of rule {self.policy_id}"


class TrialStretch(models.Model):
    """Days in a row on which a trial finds a membership."""

    trial = models.ForeignKey(PolicyTrial, on_delete=models.CASCADE, related_name="stretches")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    first = models.DateField()
    last = models.DateField()
    left_out = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index("trial", "last", "first", name="trial_stretch_by_day")]

    def __str__(self) -> str:
        return f"{self.membership_id} from {self.first} to {self.last}"


class UnknownPerson(models.Model):
    """Since when each daily look has found somebody active in Asana and in no directory."""

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateField()

    def __str__(self) -> str:
        return f"{self.person_id} since {self.since}"
