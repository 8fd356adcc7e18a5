"""What about a person does not fit."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from usher.roster.models import Person


class Remark(models.Model):
    """Something about a person that does not fit. Cases do not run while a current remark is unanswered."""

    class Kind(models.TextChoices):
        SOURCES_DISAGREE = "sources", "Sources disagree"
        USED_SINCE = "used_since", "Used Asana after their last day"
        OTHER_NAME = "other_name", "Another name in Asana"
        OTHER_ADDRESS = "address", "Matched by another address"
        ADDRESS_REUSED = "reused", "Address of two people"
        MANAGER_LEAVES = "manager", "The manager leaves too"
        ENTRY_DOUBTFUL = "entry", "Entry in the directory does not fit together"
        ENTRY_UNREADABLE = "unreadable", "Newest entry could not be read"
        SOURCE_ASKS = "source", "The source has an open question"
        ASANA_CHANGED = "asana", "Changed in Asana since approval"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="remarks")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.CharField(max_length=1000)
    fingerprint = models.CharField(
        max_length=64, help_text="Of what does not fit: an answer holds only as long as that stays the same."
    )
    seen_at = models.DateTimeField(default=timezone.now)
    is_current = models.BooleanField(
        default=True, help_text="False once it no longer holds. Answers are kept."
    )
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=320, blank=True)
    why = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("seen_at", "pk")
        constraints = [
            models.UniqueConstraint("person", "kind", "fingerprint", name="remarked_once"),
        ]
        indexes = [
            models.Index("person", condition=Q(is_current=True, answered_at=None), name="remark_unanswered")
        ]

    def __str__(self) -> str:
        return self.text
