"""The settings that apply to every removal, and the stop switch."""

from datetime import time

from django.db import models
from django.db.models import Q


class Guardrails(models.Model):
    """The settings that apply to every removal. One row."""

    needs_approval = models.BooleanField(
        "approval by another person",
        default=True,
        help_text="Somebody other than the requester must approve every case.",
    )
    rules_may_approve = models.BooleanField(
        "a rule that two admins approved stands for this approval",
        default=False,
        db_default=False,
        help_text="The cases of such a rule run without a person who looks at each. All other limits hold.",
    )
    daily_limit = models.PositiveIntegerField(
        "at most this many people in 24 hours",
        default=25,
        help_text="More needs a second approval; one of the two approvers must be an admin.",
    )
    share_limit = models.PositiveSmallIntegerField(
        "at most this share of a workspace in 24 hours, in percent",
        default=5,
        help_text="One person is always allowed. "
        "More needs a second approval; one of the two approvers must be an admin.",
    )
    grace_minutes = models.PositiveIntegerField(
        "grace period in minutes",
        default=60,
        help_text="The time between approval and removal, in which the case can still be cancelled.",
    )
    quiet_from = models.TimeField(
        "quiet hours from",
        null=True,
        blank=True,
        default=time(20, 0),
        help_text="In the connection's time zone. Nobody is removed during quiet hours.",
    )
    quiet_until = models.TimeField("until", null=True, blank=True, default=time(7, 0))
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=320, blank=True)
    stop_reason = models.CharField(max_length=1000, blank=True)
    restored_at = models.DateTimeField(
        null=True,
        help_text="When Usher noticed that the database was restored to an earlier state. Until an admin has looked "
        "at what is missing, nothing changes Asana.",
    )

    class Meta:
        verbose_name_plural = "guardrails"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_set_of_guardrails"),
            models.CheckConstraint(condition=Q(share_limit__lte=100), name="share_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return "guardrails"

    @classmethod
    def get(cls) -> "Guardrails":
        return cls.objects.get_or_create(pk=1)[0]
