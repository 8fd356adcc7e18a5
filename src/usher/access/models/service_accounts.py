"""Service accounts: programs that act in nobody's name."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from usher.access.models.users import User
from usher.access.permissions import TokenPermission, in_words


class ServiceAccount(models.Model):
    """What belongs to an account that is no person: what it is for, what it may do, and until when.

    Its name, and the connections that it sees, stand in `account`, which what it does refers to.
    """

    account = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="service")
    purpose = models.CharField(max_length=300)
    permissions = ArrayField[list[str], list[str]](
        models.CharField(max_length=20), help_text="Values of TokenPermission, never “approve”."
    )
    ends_at = models.DateTimeField(help_text="From then on, none of its tokens works.")
    contact = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Who is told of its tokens."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(permissions__contains=[TokenPermission.APPROVE]),
                name="service_accounts_never_approve",
            )
        ]

    def __str__(self) -> str:
        return self.account.get_full_name()

    @property
    def is_over(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def works(self) -> bool:
        return self.account.is_active and not self.is_over

    @property
    def state(self) -> str:
        if not self.account.is_active:
            return "deactivated"
        return "ended" if self.is_over else "active"

    @property
    def permissions_in_words(self) -> str:
        return in_words(self.permissions)
