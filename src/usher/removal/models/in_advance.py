"""Approvals that admins give in advance, to what one version of a rule asks for."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from usher.connections.models import Connection


class RuleApproval(models.Model):
    """One admin's approval of one version of a rule, whoever it finds. Rules lie above: `rule` is the key of one."""

    rule = models.BigIntegerField()
    version = models.PositiveIntegerField()
    connection = models.ForeignKey(
        Connection,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Of the rule; empty: all.",
    )
    by = models.CharField(max_length=320)
    by_id = models.BigIntegerField()
    via = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(
                "rule", "version", "by_id", condition=Q(ended_at=None), name="approves_a_rule_once"
            )
        ]

    def __str__(self) -> str:
        return f"rule {self.rule}, version {self.version}, by {self.by}"
