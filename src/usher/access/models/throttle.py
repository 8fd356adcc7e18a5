"""Counts of attempts, and the browsers that signed in before."""

from django.db import models

from usher.access.models.users import User


class AttemptCount(models.Model):
    """Attempts that count together, since a moment. The key is a hash: a typed user name may be a password."""

    key = models.CharField(max_length=64, primary_key=True)
    limit = models.CharField(max_length=20, help_text="The name of the limit.")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    address = models.GenericIPAddressField(null=True)
    count = models.PositiveIntegerField(default=1)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.count} × {self.limit}"


class KnownDevice(models.Model):
    """A browser, and an address, from which a user signed in. The browser holds a cookie; its hash is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_devices")
    device_hash = models.CharField(max_length=64)
    address = models.GenericIPAddressField()
    agent = models.CharField(max_length=300)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "device_hash", "address"], name="access_known_device")
        ]

    def __str__(self) -> str:
        return f"{self.agent} of {self.user}"
