"""People who are never removed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from usher.directory.normalise import likes_of
from usher.roster.models import Person


class Protected(models.Model):
    """A person, or a pattern of e-mail addresses, that is protected from removal.

    A person is protected by their gid, in every connection, and also after the data of a connection was deleted.
    """

    class Why(models.TextChoices):
        BREAK_GLASS = "break_glass", "Break-glass admin"
        SERVICE_ACCOUNT = "service", "Service account"
        INTEGRATION = "integration", "Owner of an integration"
        OTHER = "other", "Other"

    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="protections"
    )
    person_gid = models.CharField(max_length=32, blank=True, db_index=True)
    person_name = models.CharField(max_length=320, blank=True, help_text="When they were put on the list.")
    pattern = models.CharField(
        max_length=320, blank=True, help_text="E-mail, with * for any characters: svc-*@company.com."
    )
    likes = ArrayField(
        models.CharField(max_length=700),
        default=list,
        help_text="The pattern as SQL's LIKE takes it: in the normal spelling of addresses, and as it was written.",
    )
    why = models.CharField(max_length=11, choices=Why)
    note = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=320)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "protected people"
        ordering = ("pattern", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(person_gid="") ^ Q(pattern=""), name="protects_a_person_or_a_pattern"
            )
        ]

    def __str__(self) -> str:
        return self.pattern or str(self.person or self.person_name or self.person_gid)

    def save(self, *args: object, **kwargs: object) -> None:
        if self.person is not None and not self.person_gid:
            self.person_gid, self.person_name = self.person.gid, str(self.person)
        self.likes = likes_of(self.pattern) if self.pattern else []
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments
