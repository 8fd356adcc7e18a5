"""What the REST API remembers of requests: how many there were, and what was answered to those with a key."""

from django.db import models
from django.utils import timezone


class RequestCount(models.Model):
    """Requests with one token in the minute that began at `begins_at`."""

    token = models.CharField(primary_key=True, max_length=64, help_text="The hash of the token.")
    begins_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.count} since {self.begins_at}"


class KeptAnswer(models.Model):
    """The answer to a change that was sent with an `Idempotency-Key`, in the transaction of the change."""

    token = models.CharField(max_length=64, help_text="The hash of the token that it was sent with.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="The hash of method, address and body.")
    status = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=100, blank=True)
    body = models.BinaryField(default=b"")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("token", "key", name="one_answer_for_a_key")]
        indexes = [models.Index("at", name="kept_answer_by_age")]

    def __str__(self) -> str:
        return f"{self.status} for {self.key}"
