"""Event streams that keep failing: told once for each outage, and once when it is over."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse

from usher.notify.telling import newest_told, tell
from usher.streams.destinations.lag import StreamLag, failing_streams
from usher.streams.models import StreamDestination
from usher.web.phrases import counted

FAILING, WORKING = "stream_failing", "stream_working"


def tell_of_streams(now: datetime) -> None:
    for lag in failing_streams(now):
        destination = lag.destination
        if destination.failing_since is not None:
            tell(
                FAILING,
                f"{_about(destination)}{destination.failing_since.isoformat()}",
                {
                    **_facts(destination, destination.failing_since),
                    "waiting": _in_words(lag),
                    "problem": f"{destination.problem} {destination.remedy}".strip(),
                },
                path=_page(destination),
            )
    _tell_of_those_that_work(StreamDestination.without_secrets().filter(is_on=True, failing_since=None))


def _tell_of_those_that_work(working: Iterable[StreamDestination]) -> None:
    """Only of outages that were told. The time since when it had failed is a part of the key."""
    for destination in working:
        outage = newest_told(FAILING, _about(destination))
        if outage is not None:
            since = datetime.fromisoformat(outage.removeprefix(_about(destination)))
            tell(WORKING, outage, _facts(destination, since), path=_page(destination))


def _about(destination: StreamDestination) -> str:
    return f"stream {destination.pk}, since "


def _facts(destination: StreamDestination, since: datetime) -> dict[str, str | int | list[str]]:
    return {
        "stream": destination.name,
        "where": destination.where,
        "since": f"{since:%-d %B %Y, %H:%M} UTC",
    }


def _in_words(lag: StreamLag) -> str:
    if not lag.waiting:
        return "events that are to be sent again"
    return f"{'more than ' if lag.is_more else ''}{counted(lag.waiting, 'message')}"


def _page(destination: StreamDestination) -> str:
    return reverse("streams:stream", args=[destination.pk])
