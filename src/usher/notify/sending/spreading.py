"""Decides who gets a notice, and stores a delivery for each. Many notices of a kind at once become one message."""

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from usher.notify.audience import receivers
from usher.notify.kinds import KINDS
from usher.notify.models import Delivery, Destination, Notice
from usher.notify.telling import slack_for_people
from usher.platform.scope import whole_installation
from usher.web.mail import sends_mail

TOGETHER_FROM = 4
"""As many notices of one kind and connection that wait at the same time are told in one message."""
AT_ONCE = 1_000


@whole_installation()
def spread_notices() -> int:
    """Returns how many notices were spread. A process that dies leaves all of a batch unspread."""
    now = timezone.now()
    with transaction.atomic():
        waiting = list(
            Notice.objects.select_for_update(skip_locked=True, of=("self",))
            .defer("links")
            .filter(spread_at=None)
            .order_by("pk")[:AT_ONCE]
        )
        groups = defaultdict[tuple[str, int | None, str], list[Notice]](list)
        for notice in waiting:
            groups[(notice.kind, notice.connection_id, f"{notice.not_to} {notice.to_users_only}")].append(
                notice
            )
        for group in groups.values():
            _spread_group(group, now)
        Notice.objects.filter(pk__in=[notice.pk for notice in waiting]).update(spread_at=now)
    return len(waiting)


def _spread_group(group: list[Notice], now: datetime) -> None:
    wanted = Destination.without_secrets().filter(is_on=True, kinds__contains=[group[0].kind])
    destinations = [each for each in wanted if each.takes(group[0].connection_id)]
    if group[0].to_users_only:
        destinations = [each for each in destinations if each.is_limited]
    machines = [each for each in destinations if each.channel == Destination.Channel.WEBHOOK]
    for_people = [each for each in destinations if each.channel != Destination.Channel.WEBHOOK]
    told = [_together(group, now)] if len(group) >= TOGETHER_FROM and KINDS[group[0].kind].many else group
    deliveries = [_to(notice, destination=each) for notice in group for each in machines]
    for notice in told:
        deliveries += _to_people(notice, for_people)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)


def _together(group: list[Notice], now: datetime) -> Notice:
    """The page that lists all of them is the folder of the page of one."""
    first = group[0]
    path = first.path.rstrip("/").rpartition("/")[0] + "/" if first.path else ""
    notice = Notice.objects.create(
        kind=first.kind,
        key=f"{first.pk} to {group[-1].pk} together",
        facts={"parts": len(group)},
        path=path,
        connection=first.connection,
        not_to=first.not_to,
        spread_at=now,
    )
    Notice.objects.filter(pk__in=[each.pk for each in group]).update(part_of=notice)
    return notice


def _to_people(notice: Notice, destinations: list[Destination]) -> list[Delivery]:
    deliveries = []
    for each in destinations:
        if each.channel == Destination.Channel.MAIL:
            deliveries += [_to(notice, destination=each, address=one) for one in addresses_in(each.target)]
        elif each.channel == Destination.Channel.APPRISE or each.target:
            deliveries.append(_to(notice, destination=each))
    slack = slack_for_people(notice.connection_id)
    for user, wish in receivers(notice):
        if not user.email:
            continue
        by_slack = wish.by_slack and slack is not None
        if by_slack:
            deliveries.append(_to(notice, destination=slack, user=user, address=user.email))
        if sends_mail() and (wish.by_mail or not by_slack):  # never silently by no way
            deliveries.append(_to(notice, user=user, address=user.email))
    return deliveries


def _to(notice: Notice, **to: object) -> Delivery:
    return Delivery(notice=notice, **to)


def addresses_in(target: str) -> list[str]:
    """E-mail addresses, separated by commas, spaces or lines, each once."""
    return list(dict.fromkeys(target.replace(",", " ").replace(";", " ").split()))
