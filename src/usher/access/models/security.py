"""What signing in takes, and how long a session lasts."""

from datetime import timedelta

from django.db import models
from django.db.models import Q


class SecurityPolicy(models.Model):
    """The settings under Settings → Security. One row; without it, the defaults apply."""

    class SecondFactor(models.TextChoices):
        """Whose sign-in takes one. The values are stored."""

        NOBODY = "nobody", "Nobody: everyone may still add one"
        APPROVERS = "approvers", "Approvers and admins"
        EVERYONE = "everyone", "Everyone"

    second_factor = models.CharField(max_length=9, choices=SecondFactor, default=SecondFactor.NOBODY)
    provider_asks = models.BooleanField(
        default=False, help_text="Signing in with single sign-on counts as signing in with a second factor."
    )
    proof_minutes = models.PositiveSmallIntegerField(default=15)
    idle_minutes = models.PositiveSmallIntegerField(default=120)
    session_hours = models.PositiveSmallIntegerField(default=12)

    class Meta:
        verbose_name_plural = "security policy"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_security_policy")]

    def __str__(self) -> str:
        return "security"

    @classmethod
    def get(cls) -> "SecurityPolicy":
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def proof_lasts(self) -> timedelta:
        return timedelta(minutes=self.proof_minutes)

    @property
    def idle_limit(self) -> timedelta:
        return timedelta(minutes=self.idle_minutes)

    @property
    def session_limit(self) -> timedelta:
        return timedelta(hours=self.session_hours)
