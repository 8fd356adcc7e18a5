"""Telling people. Other capabilities call this inside the transaction of what they tell: both are stored, or neither.

What is stored is sent by a job (`notify.sending.outbox`), so that nobody waits for a mail server.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from usher.connections.models import Connection
from usher.notify.kinds import KINDS
from usher.notify.models import Delivery, Destination, Notice
from usher.notify.wording.kind import Facts
from usher.platform.scope import whole_installation

GATHERED_SECONDS = 5
"""So that what comes at once, each in its own transaction, such as the cases of many leavers, becomes one message."""
SEND_TASK = "usher.notify.jobs.send_notices"


class NoticeLink(NamedTuple):
    """A button in a message. `url` may be secret: it is stored encrypted, and deleted once the message is sent."""

    label: str
    url: str


class NoticeButton(NamedTuple):
    """A button in Slack alone. Who presses it reaches the handler that the settings name for
    `action` (notify.slack_actions.routing). `value` may be secret, like the address of a link.
    """

    label: str
    action: str
    value: str


@whole_installation()
def tell(
    kind: str,
    key: str,
    facts: Facts,
    *,
    connection: Connection | None = None,
    path: str = "",
    besides: Iterable[int | None] = (),
    to_users_only: bool = False,
) -> bool:
    """Tells everybody whom the kind concerns, unless the same kind and key was told before. Returns whether it is new.

    `key`: what it is about, such as "case 7". `facts`: what the texts name (notify.kinds); never a secret. `path`: the
    page in Usher that the message links to. `besides`: keys of users who know already. `to_users_only`: destinations
    that are not limited to connections were told in another way.
    Raises ValueError for a fact that is missing: a mistake of the caller.
    """
    _check(kind, facts, to_address=False)
    notice = Notice(
        kind=kind,
        key=key[:200],
        facts=dict(facts),
        path=path,
        connection=connection,
        not_to=sorted({each for each in besides if each is not None}),
        to_users_only=to_users_only,
    )
    return _store(notice) is not None


@whole_installation()
def tell_address(
    kind: str,
    key: str,
    address: str,
    facts: Facts,
    *,
    connection: Connection | None = None,
    links: Sequence[NoticeLink] = (),
    buttons: Sequence[NoticeButton] = (),
    by_slack: bool = False,
    not_after: datetime | None = None,
) -> bool:
    """Sends one message to somebody who has no account in Usher. Returns whether it is new; see `delivery_state`.

    By e-mail or, with `by_slack` and where Slack is set up (`slack_for_people`), as a direct message with `buttons`.
    Whoever Slack does not know is a failure there: tell them again by e-mail, with another key. What still waits at
    `not_after` is not sent.
    """
    _check(kind, facts, to_address=True)
    only_theirs = {"links": links, "buttons": buttons}
    notice = Notice(
        kind=kind,
        key=key[:200],
        facts=dict(facts),
        connection=connection,
        links=json.dumps(only_theirs) if links or buttons else "",
        spread_at=timezone.now(),
        not_after=not_after,
    )
    slack = slack_for_people(notice.connection_id, is_outside=True) if by_slack else None
    with transaction.atomic():
        stored = _store(notice)
        if stored is None:
            return False
        Delivery.objects.create(notice=stored, destination=slack, address=address.strip())
    return True


@whole_installation()
def slack_for_people(connection: int | None, *, is_outside: bool = False) -> Destination | None:
    """Where direct messages about a connection go, or about none; None where no Slack is set up for that.

    Users are first looked for in a Slack that is not limited to connections, and people outside of Usher, who work
    where the connection is (`is_outside`), in one that is.
    """
    chosen = Destination.without_secrets().filter(is_on=True, channel=Destination.Channel.SLACK)
    fitting = [each for each in chosen.order_by("pk") if each.takes(connection)]
    return min(fitting, key=lambda each: each.is_limited is not is_outside, default=None)


@whole_installation()
def has_slack() -> bool:
    """Whether somebody can be told by direct messages."""
    return Destination.objects.filter(is_on=True, channel=Destination.Channel.SLACK).exists()


@whole_installation()
def connections_told_apart(kind: str) -> set[int]:
    """Those of which limited destinations are told, and not of others."""
    limited = Destination.objects.filter(is_on=True, kinds__contains=[kind], connections__isnull=False)
    return {key for keys in limited.values_list("connections", flat=True) for key in keys or ()}


@whole_installation()
def delivery_state(kind: str, key: str) -> Delivery.State | None:
    """How far the message to an address has come; None if it was never told."""
    state = (
        Delivery.objects.filter(notice__kind=kind, notice__key=key[:200])
        .values_list("state", flat=True)
        .first()
    )
    return None if state is None else Delivery.State(state)


@whole_installation()
def newest_told(kind: str, begins: str) -> str | None:
    """The key of the newest notice of a kind whose key begins so; None if there is none."""
    told = Notice.objects.filter(kind=kind, key__startswith=begins)
    return told.order_by("-pk").values_list("key", flat=True).first()


def send_soon() -> None:
    """Has a worker send what waits after this transaction, unless that is queued already.

    Not in the transaction: the row of a queueing lock that is not committed yet makes others wait, who may hold what we
    need. Should this process die in between, the job of the next minute sends it.
    """
    waiting = transaction.get_connection().run_on_commit
    if not any(function is _queue for _, function, _ in waiting):  # once for a transaction that tells much
        transaction.on_commit(_queue, robust=True)


def _queue() -> None:
    with suppress(AlreadyEnqueued), transaction.atomic():
        app.configure_task(
            SEND_TASK,
            queueing_lock="send-notices",
            lock="send-notices",
            schedule_in={"seconds": GATHERED_SECONDS},
        ).defer()


def _check(kind: str, facts: Facts, *, to_address: bool) -> None:
    known = KINDS[kind]
    missing = known.needed - set(facts)
    if missing or known.to_address is not to_address:
        raise ValueError(
            f"A notice of the kind {kind} misses {sorted(missing)}, or is told to the wrong receivers."
        )


def _store(notice: Notice) -> Notice | None:
    """None if the same was told before. The second of two at the same time waits for the first."""
    same = Notice.objects.filter(kind=notice.kind, key=notice.key)
    if same.exists():
        return None
    try:
        with transaction.atomic():
            notice.save(force_insert=True)
    except IntegrityError:
        if not same.exists():
            raise
        return None
    send_soon()
    return notice
