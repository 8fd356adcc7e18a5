"""Deleting old entries of the trail."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from usher.access.models import TrailEntry

AT_A_TIME = 5000


def delete_old_entries() -> int:
    """Deletes what is older than USHER_KEEP_TRAIL_DAYS, a part at a time. Returns how many."""
    oldest = timezone.now() - timedelta(days=settings.USHER_KEEP_TRAIL_DAYS)
    deleted = 0
    while True:
        part = TrailEntry.objects.filter(at__lt=oldest).order_by("id").values("id")[:AT_A_TIME]
        count, _ = TrailEntry.objects.filter(id__in=part).delete()
        deleted += count
        if count < AT_A_TIME:
            return deleted
