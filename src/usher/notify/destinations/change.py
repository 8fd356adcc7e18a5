"""Adding, changing and deleting destinations. The ledger records each change, without secrets."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from usher.access.scope.change import scope_in_words
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.record import record
from usher.notify.destinations.checks import check_destination
from usher.notify.models import Delivery, Destination
from usher.notify.sending.webhook import new_secret
from usher.platform.scope import Scope


@transaction.atomic
def add_destination(destination: Destination, actor: Actor) -> None:
    """A webhook gets a secret of its own. Raises UnusableDestination."""
    check_destination(destination.channel, destination.target, destination.secret)
    if destination.channel == Destination.Channel.WEBHOOK:
        destination.secret = new_secret()
    destination.save(force_insert=True)
    record(actor, "settings.notice_destination_added", _subject(destination), after=_shown(destination))


@transaction.atomic
def change_destination(
    destination: Destination, actor: Actor, *, secret: str = "", signing_secret: str = ""
) -> bool:
    """Stores what was changed on `destination`, and new secrets. Returns whether anything changed.

    What waits for a destination that is switched off, or limited to other connections, is not sent any more. Raises
    UnusableDestination.
    """
    check_destination(destination.channel, destination.target, secret)
    stored = Destination.without_secrets().select_for_update(of=("self",)).get(pk=destination.pk)
    before, after = _shown(stored), _shown(destination)
    fields = ["name", "target", "kinds", "connections", "is_on", "off_because", "held_until"]
    destination.off_because = "" if destination.is_on else stored.off_because
    destination.held_until = None
    given = {"secret": secret, "signing_secret": signing_secret}
    new = [name for name, value in given.items() if value]
    for name in new:
        setattr(destination, name, given[name])
    target_is_new = stored.target != destination.target
    destination.save(update_fields=[*fields, *new])
    if stored.is_on and not destination.is_on:
        _discard(_waiting(destination), "The destination was switched off.")
    elif destination.connections is not None:
        of_others = _waiting(destination).exclude(notice__connection__in=destination.connections)
        _discard(of_others, "The destination was limited to other connections.")
    changed = [name for name in after if before[name] != after[name]]
    if not (changed or new or target_is_new):
        return False
    if target_is_new and "where" not in changed:
        changed.append("where")
    record(
        actor,
        "settings.notice_destination_changed",
        _subject(destination),
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed} | dict.fromkeys(new, "a new one"),
    )
    return True


@transaction.atomic
def rotate_secret(destination: Destination, actor: Actor) -> str:
    """Gives a webhook a new secret, and returns it, this once. The old one signs too for OLD_SECRET_LASTS."""
    stored = Destination.objects.select_for_update(of=("self",)).get(pk=destination.pk)
    stored.old_secret, stored.secret = stored.secret, new_secret()
    stored.old_secret_until = timezone.now() + Destination.OLD_SECRET_LASTS
    stored.save(update_fields=["secret", "old_secret", "old_secret_until"])
    record(
        actor,
        "settings.notice_secret_rotated",
        _subject(stored),
        after={"old_secret_until": stored.old_secret_until.isoformat(timespec="seconds")},
    )
    return stored.secret


@transaction.atomic
def delete_destination(destination: Destination, actor: Actor) -> None:
    """What was sent to it, and what waits, is deleted with it."""
    record(actor, "settings.notice_destination_deleted", _subject(destination), before=_shown(destination))
    destination.delete()


def _waiting(destination: Destination) -> QuerySet[Delivery]:
    return Delivery.objects.filter(destination=destination, state=Delivery.State.WAITING)


def _discard(deliveries: QuerySet[Delivery], why: str) -> None:
    deliveries.update(state=Delivery.State.DISCARDED, ended_at=timezone.now(), problem=why)


def _subject(destination: Destination) -> str:
    return f"destination {destination.pk}: {destination.name}"


def _shown(destination: Destination) -> dict[str, JSON]:
    return {
        "name": destination.name,
        "channel": str(destination.get_channel_display()),
        "where": destination.where,
        "kinds": sorted(destination.kinds),
        "connections": scope_in_words(Scope.of(destination.connections)),
        "is_on": destination.is_on,
    }
