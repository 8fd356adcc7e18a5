"""The list of licences that are to be paused by hand, in Asana's Admin Console."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from usher.connections.models import Connection
from usher.roster.models import Membership


class LicencePause(models.Model):
    """Somebody whose licence is to be paused. Usher cannot do it: Asana has no call for it.

    A person ticks it when it is done, and the audit log shows whether it is so. Stored is what happened; the state
    follows from it (`usher.removal.pauses.states`).
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="licence_pauses")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="licence_pauses")
    why = models.CharField(max_length=1000)
    put_by = models.CharField(max_length=320)
    put_by_id = models.BigIntegerField(null=True, help_text="The key of the user; empty for rules.")
    put_at = models.DateTimeField(default=timezone.now)
    ticked_by = models.CharField(max_length=320, blank=True)
    ticked_at = models.DateTimeField(null=True, help_text="When somebody said that it is done in Asana.")
    paused_at = models.DateTimeField(null=True, help_text="Of the event in the audit log.")
    billed_at = models.DateTimeField(null=True, help_text="When the pause ended, as the audit log shows.")
    ended_by_sign_in = models.BooleanField(default=False)
    taken_off_by = models.CharField(max_length=320, blank=True)
    taken_off_at = models.DateTimeField(null=True)
    taken_off_why = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(
                "membership",
                condition=Q(taken_off_at=None, billed_at=None),
                name="once_on_the_list_of_pauses",
            )
        ]
        indexes = [models.Index("put_at", name="licence_pause_by_time")]

    def __str__(self) -> str:
        person = self.membership.person
        who = f"{person.name} <{person.email}>" if person.name and person.email else str(person)
        return f"{who} in {self.membership.workspace}"
