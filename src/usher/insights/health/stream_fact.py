"""Whether events reach where they are sent."""

from datetime import datetime

from django.urls import reverse

from usher.insights.health.fact import HealthFact, moment_in_words
from usher.streams.destinations.lag import failing_streams
from usher.streams.models import StreamDestination

LABEL = "Event streams"


def has_streams() -> bool:
    """Of those that are on. Whoever is limited to some connections sees none."""
    return StreamDestination.objects.filter(is_on=True).exists()


def stream_fact(now: datetime) -> HealthFact:
    failing = [lag.destination for lag in failing_streams(now)]
    if not failing:
        return HealthFact("streams", LABEL, True, "None has failed for an hour.")
    first = min(failing, key=lambda each: each.failing_since or now)
    more = f" So have {len(failing) - 1} more." if len(failing) > 1 else ""
    return HealthFact(
        "streams",
        LABEL,
        False,
        f"Nothing has reached {first.name} ({first.where}) since {moment_in_words(first.failing_since)}: "
        f"{first.problem}{more} What waits is kept, and sent once it works.",
        first.remedy or "See that the receiver is up, and test it.",
        url=reverse("streams:stream", args=[first.pk]),
    )
