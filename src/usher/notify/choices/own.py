"""What one user is told, and where."""

from collections.abc import Mapping

import msgspec
from django.db import transaction

from usher.access.models import User
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.notify.audience import Wish, may_be_told, wish_of
from usher.notify.choices.minimum import minimums
from usher.notify.kinds import FOR_USERS
from usher.notify.models import NoticeChoice
from usher.notify.notice_kind import NoticeKind


class OwnChoice(msgspec.Struct, frozen=True):
    kind: NoticeKind
    wish: Wish


def own_choices(user: User) -> list[OwnChoice]:
    """Of every kind that the user may be told."""
    chosen = {each.kind: each for each in NoticeChoice.objects.filter(user=user)}
    required = minimums()
    return [
        OwnChoice(kind, wish_of(kind, user.role, chosen.get(kind.name), required.get(kind.name)))
        for kind in FOR_USERS
        if may_be_told(kind, user.role)
    ]


@transaction.atomic
def choose(user: User, chosen: Mapping[str, tuple[bool, bool]], actor: Actor) -> bool:
    """For each kind: by e-mail, by Slack. Where a minimum holds, one way stays. Returns whether anything changed."""
    before = {each.kind.name: each.wish for each in own_choices(user)}
    for kind, (by_mail, by_slack) in chosen.items():
        NoticeChoice.objects.update_or_create(
            user=user, kind=kind, defaults={"by_mail": by_mail, "by_slack": by_slack}
        )
    after = {each.kind.name: each.wish for each in own_choices(user)}
    changed = [kind for kind in after if before.get(kind) != after[kind]]
    if changed:
        record(
            actor,
            "access.notices_chosen",
            f"user {user.pk}: {user.username}",
            before={kind: before[kind].in_words for kind in changed},
            after={kind: after[kind].in_words for kind in changed},
        )
    return bool(changed)
