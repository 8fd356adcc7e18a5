"""The secrets of second factors, for the rotation of encryption keys (platform.rotation)."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator

SECRET_NAMES = ("secret", "seed")


def rewrite_secrets(rewrite: Callable[[str], str]) -> int:
    """Replaces each encrypted secret by what `rewrite` makes of it. In a transaction. Returns their number."""
    count = 0
    for row in Authenticator.objects.select_for_update().order_by("pk"):
        names = [name for name in SECRET_NAMES if name in row.data]
        for name in names:
            row.data[name] = rewrite(row.data[name])
        if names:
            row.save(update_fields=["data"])
        count += len(names)
    return count
