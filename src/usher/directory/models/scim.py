"""What SCIM clients send besides employees, and what was refused."""

from django.db import models
from django.utils import timezone

from usher.directory.models.employees import Employee
from usher.directory.models.sources import Source


class DirectoryGroup(models.Model):
    """A group that a SCIM client pushed. Usher keeps and shows it; no rule depends on it."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="groups")
    external_id = models.CharField(max_length=320, blank=True)
    name = models.CharField(max_length=255)
    members = models.ManyToManyField(Employee, related_name="groups")
    details = models.JSONField[dict[str, object], dict[str, object]](default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class ScimRefusal(models.Model):
    """A SCIM request that was refused. The last hundred of each source are kept."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="refusals")
    at = models.DateTimeField(default=timezone.now)
    method = models.CharField(max_length=7)
    path = models.CharField(max_length=500)
    request = models.TextField(blank=True, help_text="The body, cut; without secrets.")
    status = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=1000)
    is_about_active = models.BooleanField(
        default=False, help_text="Whether it would have switched somebody on or off."
    )
    employee = models.ForeignKey(Employee, null=True, on_delete=models.SET_NULL, related_name="refusals")
    person_name = models.CharField(max_length=320, blank=True)

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index("source", "at", name="refusal_by_source")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
