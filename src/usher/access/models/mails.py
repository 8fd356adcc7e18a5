"""E-mails about accounts that wait to be sent."""

from django.db import models

from usher.access.models.users import User


class AccountMail(models.Model):
    """One e-mail to the owner of an account. Stored with what it is about; a job sends it afterwards.

    Never holds a secret: a link is made when the mail is sent.
    """

    MOST_ATTEMPTS = 6

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=254)
    kind = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(sent_at=None), name="access_mail_unsent"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.address}"
