"""Adding, changing and deleting destinations. The ledger records each change, without secrets."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from usher.access.scope.change import scope_in_words
from usher.activity.ingest.arrivals import arrived_until
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.models import Entry
from usher.ledger.record import record
from usher.platform.days import begin_of
from usher.platform.scope import Scope
from usher.refusals import Refused
from usher.streams.destinations.checks import (
    check_day,
    check_field,
    check_known,
    check_stream,
    name_is_taken,
)
from usher.streams.models import StreamDestination
from usher.streams.queueing import enqueue_stream

FIELDS = (
    "name",
    "address",
    "place",
    "region",
    "key_id",
    "authority",
    "form",
    "contents",
    "connections",
    "is_on",
)


class EventsBeingStored(Refused):
    def __init__(self) -> None:
        super().__init__(
            "A sync has been storing events for several seconds, so no place to begin at could be found.",
            "Try again in a minute.",
        )


def add_stream(destination: StreamDestination, actor: Actor, *, since: date | None = None) -> None:
    """Begins with what comes from now on and, with `since`, with what is stored since that day (UTC).

    Raises UnusableStream, EventsBeingStored.
    """
    check_stream(destination)
    check_field(destination.kind, "secret", destination.secret)
    check_known(destination.connections or ())
    arrived = arrived_until()
    if arrived is None:
        raise EventsBeingStored
    with transaction.atomic():
        destination.event_cursor = arrived
        destination.ledger_cursor = Entry.objects.aggregate(newest=Max("number"))["newest"] or 0
        if since is not None:
            _begin_again(destination, since)
        try:
            with transaction.atomic():
                destination.save(force_insert=True)
        except IntegrityError as error:
            raise name_is_taken(destination.name) from error
        after = _shown(destination) | ({"since": since.isoformat()} if since else {})
        record(actor, "settings.stream_added", _subject(destination), after=after)
    enqueue_stream(destination.pk)


@transaction.atomic
def change_stream(destination: StreamDestination, actor: Actor, *, secret: str = "") -> bool:
    """Stores what was changed on `destination`, and a new secret. Returns whether anything changed.

    One that was off goes on where it was. Raises UnusableStream.
    """
    check_stream(destination)
    if secret:
        check_field(destination.kind, "secret", secret)
    stored = StreamDestination.without_secrets().select_for_update(of=("self",)).get(pk=destination.pk)
    check_known(set(destination.connections or ()) - set(stored.connections or ()))
    before, after = _shown(stored), _shown(destination)
    changed = [name for name in FIELDS if getattr(stored, name) != getattr(destination, name)]
    if not changed and not secret:
        return False
    if secret:
        destination.secret = secret
    destination.next_attempt_at = timezone.now()
    destination.failures = 0
    fields = [*FIELDS, "next_attempt_at", "failures", *(["secret"] if secret else [])]
    destination.save(update_fields=fields)
    shown = [name for name in after if before[name] != after[name]]
    of_where = ("address", "place") if "where" in shown else ()
    unshown = [name for name in changed if name not in after and name not in of_where]
    record(
        actor,
        "settings.stream_changed",
        _subject(destination),
        before={name: before[name] for name in shown},
        after={name: after[name] for name in shown}
        | dict.fromkeys(unshown, "another one")
        | ({"secret": "a new one"} if secret else {}),
    )
    return True


def pause_stream(destination: StreamDestination, actor: Actor) -> None:
    """Nothing is sent there until it is resumed; then it goes on where it was."""
    destination.is_on = False
    change_stream(destination, actor)


def resume_stream(destination: StreamDestination, actor: Actor) -> None:
    destination.is_on = True
    change_stream(destination, actor)


@transaction.atomic
def send_again(destination: StreamDestination, since: date, actor: Actor) -> None:
    """Events and entries since that day (UTC) are sent once more, beside what comes. Raises UnusableStream."""
    stored = StreamDestination.without_secrets().select_for_update(of=("self",)).get(pk=destination.pk)
    _begin_again(stored, since)
    stored.next_attempt_at = timezone.now()
    stored.save(
        update_fields=["again_from", "again_until", "again_position", "ledger_cursor", "next_attempt_at"]
    )
    record(actor, "settings.stream_sent_again", _subject(stored), after={"since": since.isoformat()})
    transaction.on_commit(lambda: enqueue_stream(stored.pk))


@transaction.atomic
def delete_stream(destination: StreamDestination, actor: Actor) -> None:
    record(actor, "settings.stream_deleted", _subject(destination), before=_shown(destination))
    destination.delete()


def _begin_again(destination: StreamDestination, since: date) -> None:
    check_day(since)
    begin: datetime = begin_of(since, timezone.get_default_timezone())
    if destination.takes_events:
        destination.again_from, destination.again_until = begin, timezone.now()
        destination.again_position = ""
    if destination.takes_ledger:
        before = Entry.objects.filter(at__lt=begin).aggregate(newest=Max("number"))["newest"] or 0
        destination.ledger_cursor = min(before, destination.ledger_cursor)


def _subject(destination: StreamDestination) -> str:
    return f"event stream {destination.pk}: {destination.name}"


def _shown(destination: StreamDestination) -> dict[str, JSON]:
    return {
        "name": destination.name,
        "kind": str(destination.get_kind_display()),
        "where": destination.where,
        "form": str(destination.get_form_display()),
        "contents": str(destination.get_contents_display()),
        "connections": scope_in_words(Scope.of(destination.connections)),
        "is_on": destination.is_on,
    }
