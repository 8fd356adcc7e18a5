"""Where employees come from: sources, their files, and what must be asked about them as a whole."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from usher.platform.encryption import EncryptedTextField


class Source(models.Model):
    """A list of employees. If two sources know the same person, the one with the lower rank counts."""

    class Kind(models.TextChoices):
        CSV = "csv", "CSV file"
        SCIM = "scim", "SCIM"
        API = "api", "REST API"

    class Absence(models.TextChoices):
        """What it means that a list of the source no longer has somebody."""

        ASK = "ask", "Ask: they are shown as no longer listed"
        LEFT = "left", "They have left"
        IGNORE = "ignore", "Nothing: the lists are not complete"

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=4, choices=Kind)
    rank = models.PositiveSmallIntegerField(default=1, help_text="1 counts most.")
    token_hash = models.CharField(max_length=64, blank=True, db_index=True, help_text="Of SCIM and REST API.")
    mapping = models.JSONField[dict[str, str], dict[str, str]](
        default=dict, help_text="Which column of the CSV file holds what, as last chosen."
    )
    absence = models.CharField(max_length=6, choices=Absence, default=Absence.ASK)
    lists_everyone = models.BooleanField(
        null=True, help_text="Whether its lists hold everybody; empty until somebody has said so."
    )
    connections = ArrayField[list[int] | None, list[int] | None](
        models.BigIntegerField(), null=True, help_text="The connections whose people it lists; null: of any."
    )
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True, help_text="When it last brought anything, changed or not.")

    class Meta:
        ordering = ("rank", "name")
        constraints = [models.UniqueConstraint(Lower("name"), name="one_source_per_name")]

    def __str__(self) -> str:
        return self.name


class SourceQuestion(models.Model):
    """Something about a source as a whole that a person must answer before cases that rest on it run."""

    class Kind(models.TextChoices):
        MANY_OFF = "many_off", "Many people were deactivated within a day"

    class Answer(models.TextChoices):
        THEY_LEFT = "left", "They have left"
        MISTAKE = "mistake", "It was a mistake"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="questions")
    kind = models.CharField(max_length=10, choices=Kind)
    since = models.DateTimeField(help_text="It concerns employees who left after this moment.")
    opened_at = models.DateTimeField(default=timezone.now)
    people = models.PositiveIntegerField(default=0)
    of = models.PositiveIntegerField(default=0, help_text="How many worked here before.")
    answer = models.CharField(max_length=7, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=320, blank=True)
    why = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                "source", "kind", condition=Q(answered_at=None), name="one_open_question_per_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of source {self.source_id}"


class Import(models.Model):
    """One CSV file: previewed, then applied or discarded."""

    class State(models.TextChoices):
        PREVIEW = "preview", "Awaiting review"
        APPLIED = "applied", "Applied"
        DROPPED = "dropped", "Discarded"

    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, related_name="imports")
    new_source = models.CharField(
        max_length=100, blank=True, help_text="The name of the source that is added when the file is applied."
    )
    state = models.CharField(max_length=7, choices=State, default=State.PREVIEW)
    file_name = models.CharField(max_length=255)
    content = EncryptedTextField(blank=True, help_text="Of the file, packed; empty once applied or dropped.")
    mapping = models.JSONField[dict[str, str], dict[str, str]](default=dict)
    date_order = models.CharField(max_length=3, blank=True)
    by = models.CharField(max_length=320)
    created_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    joined = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    leaving = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unlisted = models.PositiveIntegerField(default=0, help_text="Employees whom the file lists no more.")
    left_out = models.PositiveIntegerField(default=0, help_text="Rows that could not be understood.")
    unreadable = models.JSONField[list[dict[str, str]], list[dict[str, str]]](default=list)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.file_name} into {self.source_id}"
