"""Where evidence of use comes from, and what it says."""

from django.db import models


class EvidenceSource(models.TextChoices):
    """Where evidence comes from."""

    STREAM = "stream", "Event stream"
    AUDIT = "audit", "Audit log"
    CONSOLE = "console", "Admin Console"


class Use(models.IntegerChoices):
    """What an audit log event says about its actor's use of Asana."""

    NONE = 0, "No evidence"
    HUMAN = 1, "Human use"
    AUTOMATED = 2, "Automated use"
