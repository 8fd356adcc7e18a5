"""Cases: who is to be removed from Asana, who approved it, what was done, and how Asana responded.

A case keeps the names and gids that it is about, so that it can still be shown after its connection is deleted.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from usher.connections.models import Connection
from usher.removal.models.guardrails import Guardrails
from usher.removal.models.in_advance import RuleApproval
from usher.removal.models.pauses import LicencePause
from usher.removal.states import OPEN, CaseState
from usher.roster.models import Licence, Person, Role, Workspace

__all__ = ["Approval", "Call", "Case", "Guardrails", "LicencePause", "RuleApproval", "Step", "Target"]


class Case(models.Model):
    """What is to happen to one person, in one or more workspaces of a connection."""

    class Kind(models.TextChoices):
        REMOVE = "remove", "Remove from Asana"
        DOWNGRADE = "downgrade", "Downgrade to view-only"
        RESTORE = "restore", "Invite again"

    class Cause(models.TextChoices):
        DIRECTORY = "directory", "Left per directory"
        IDLE = "idle", "Idle seat"
        RELEASED = "released", "Seat released"
        BY_HAND = "hand", "Selected by hand"

    RESTS_ON_NO_USE = (Cause.IDLE, Cause.RELEASED)
    """Whoever uses Asana after such a case was opened keeps the seat."""

    kind = models.CharField(max_length=9, choices=Kind, default=Kind.REMOVE)
    cause = models.CharField(max_length=9, choices=Cause, default=Cause.BY_HAND)
    state = models.CharField(max_length=10, choices=CaseState, default=CaseState.DRAFT)
    reason = models.CharField(max_length=1000, blank=True)

    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.SET_NULL, related_name="removal_cases"
    )
    connection_name = models.CharField(max_length=100)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="removal_cases")
    person_gid = models.CharField(max_length=32, db_index=True)
    person_name = models.CharField(max_length=255, blank=True)
    person_email = models.CharField(max_length=320, blank=True)
    last_day = models.DateField(
        null=True, help_text="For leavers: their last day of work. The case does not run before it is over."
    )
    facts = models.JSONField[dict[str, object], dict[str, object]](
        default=dict, help_text="What Usher knew about the person when the case was opened."
    )
    later_facts = models.JSONField[dict[str, dict[str, object]], dict[str, dict[str, object]]](
        default=dict,
        help_text="The same later: “asked”, when approval was last requested; “approved”, when it was last given; "
        "“run”, before anything was changed.",
    )

    # Who takes over open tasks and owned projects. Empty if nobody does.
    hand_over_gid = models.CharField(max_length=32, blank=True)
    hand_over_name = models.CharField(max_length=255, blank=True)
    hand_over_email = models.CharField(max_length=320, blank=True)

    opened_by = models.CharField(max_length=320)
    opened_by_id = models.BigIntegerField(
        null=True, help_text="The key of the user; empty for policies and commands."
    )
    opened_via = models.CharField(max_length=60, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    changed_by = models.JSONField[list[dict[str, str | int | None]], list[dict[str, str | int | None]]](
        default=list, help_text="Who else changed the draft: `name` and `id`. They cannot approve it either."
    )
    asked_by = models.CharField(max_length=320, blank=True)
    asked_by_id = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField(null=True, help_text="When approval was requested.")

    preview = models.JSONField[dict[str, object], dict[str, object]](
        default=dict, help_text="The preview that the approver could see."
    )
    previewed_at = models.DateTimeField(null=True)
    scheduled_for = models.DateTimeField(null=True, help_text="The case does not run before this time.")
    held_by = models.JSONField[list[dict[str, str]], list[dict[str, str]]](
        default=list, help_text="Why the case did not run when it was last due."
    )
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    outcome = models.CharField(max_length=1000, blank=True, help_text="How the case ended, in words.")
    undoes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="undone_by")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                "person", condition=Q(state__in=sorted(OPEN)), name="one_open_case_per_person"
            )
        ]
        indexes = [
            models.Index("state", "scheduled_for", name="case_by_state"),
            models.Index("finished_at", name="case_by_end"),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}: {self.who}"

    @property
    def who(self) -> str:
        """Name and e-mail address, for records."""
        return (
            f"{self.person_name or self.person_gid} <{self.person_email}>"
            if self.person_email
            else (self.person_name or self.person_gid)
        )

    @property
    def is_by_assistant(self) -> bool:
        """Whether a program that a person talks to opened it (usher.assistants)."""
        return self.opened_via.startswith("assistant")

    @property
    def is_open(self) -> bool:
        return CaseState(self.state) in OPEN


class Target(models.Model):
    """A workspace that a case is about, and the membership there when the case was opened."""

    class Outcome(models.TextChoices):
        PENDING = "pending", "Pending"
        DONE = "done", "Done and verified"
        ALREADY = "already", "Already removed"
        UNCHANGED = "unchanged", "Unchanged"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="targets")
    workspace = models.ForeignKey(
        Workspace, null=True, on_delete=models.SET_NULL, related_name="removal_targets"
    )
    workspace_gid = models.CharField(max_length=32)
    workspace_name = models.CharField(max_length=255)
    membership_gid = models.CharField(max_length=32, blank=True)
    role = models.CharField(max_length=6, choices=Role)
    licence = models.CharField(max_length=9, choices=Licence)
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.PENDING)
    sent_at = models.DateTimeField(
        null=True, help_text="When the change was first sent, or was about to be. The guardrails count it."
    )
    verified_at = models.DateTimeField(null=True)
    recorded = models.JSONField[dict[str, object], dict[str, object]](
        default=dict, help_text="The access before the change: role, teams, tasks, projects."
    )

    class Meta:
        ordering = ("workspace_name", "pk")
        constraints = [models.UniqueConstraint("case", "workspace_gid", name="workspace_once_per_case")]
        indexes = [models.Index("sent_at", name="target_by_sent")]

    def __str__(self) -> str:
        return f"{self.workspace_name} of case {self.case_id}"


class Approval(models.Model):
    """One person's approval or rejection of a case, or a rule's, which stands for the admins who approved the rule."""

    class Word(models.TextChoices):
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Rejected"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="approvals")
    word = models.CharField(max_length=8, choices=Word, default=Word.APPROVED)
    by = models.CharField(max_length=320)
    by_id = models.BigIntegerField(null=True)
    is_admin = models.BooleanField(default=False, help_text="Whether they were an admin at that time.")
    via = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField(default=timezone.now)
    version = models.CharField(max_length=200, blank=True, help_text="Of the case, as it was approved.")
    rule = models.BigIntegerField(null=True, help_text="The key of the rule whose approval this is.")
    rule_version = models.PositiveIntegerField(null=True)
    in_advance = models.JSONField[list[dict[str, str | int]], list[dict[str, str | int]]](
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="Who had approved the rule: `name`, `id` and `at`.",
    )
    lapsed_at = models.DateTimeField(null=True, help_text="When it was seen to count no longer.")
    lapsed_why = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(
                "case",
                "by",
                "by_id",
                condition=Q(word="approved", lapsed_at=None),
                name="approves_once",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index("rule", "at", name="approved_by_rule", condition=~Q(rule=None))]

    def __str__(self) -> str:
        return f"{self.word} by {self.by}"


class Step(models.Model):
    """One step of a case. It is checked before and verified after, and can be resumed after an interruption."""

    class Name(models.TextChoices):
        RECHECK = "recheck", "Recheck all conditions"
        RECORD = "record", "Record current access"
        HAND_OVER = "hand_over", "Hand over tasks and projects"
        REMOVE = "remove", "Remove from the workspace"
        DOWNGRADE = "downgrade", "Downgrade to view-only"
        INVITE = "invite", "Invite to the workspace"
        VERIFY = "verify", "Verify in Asana"
        NOTIFY = "notify", "Notify"
        CLOSE = "close", "Close"

    class State(models.TextChoices):
        PENDING = "pending", "To do"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Not needed"
        FAILED = "failed", "Failed"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="steps")
    target = models.ForeignKey(Target, null=True, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=9, choices=Name)
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    found = models.CharField(max_length=1000, blank=True, help_text="What the step found or did, in words.")

    class Meta:
        ordering = ("position",)
        constraints = [models.UniqueConstraint("case", "position", name="step_once_per_case")]

    def __str__(self) -> str:
        return f"{self.name} of case {self.case_id}"


class Call(models.Model):
    """A request to Asana that a case made, and the response."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="calls")
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField()
    method = models.CharField(max_length=6)
    path = models.CharField(max_length=500)
    body = models.TextField(blank=True)
    acts_as = models.CharField(max_length=320, help_text="Whose token was used, in words.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty if there was no response.")
    request_id = models.CharField(max_length=100, blank=True)
    error = models.CharField(max_length=1000, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status or ''}".strip()
