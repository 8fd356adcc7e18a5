"""Changes of an e-mail address that wait for their proof."""

from datetime import timedelta

from django.db import models

from usher.access.models.users import User


class AddressChange(models.Model):
    """A user wants another address, and proves by a link in a mail to it that it is theirs.

    Only the hash of the link's token is stored. It is made when the mail is sent.
    """

    LIFETIME = timedelta(hours=1)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="address_changes")
    new_address = models.CharField(max_length=150)
    requested_at = models.DateTimeField(auto_now_add=True)
    ends_api_tokens = models.BooleanField(default=False)
    token_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  # "" would not be unique
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} to {self.new_address}"
