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
from usher.notify.telling import has_slack
from usher.notify.wording.kind import NoticeKind
from usher.refusals import Refused


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


class CannotChoose(Refused):
    """Nobody can be told that way."""


@transaction.atomic
def choose(user: User, chosen: Mapping[str, tuple[bool | None, bool | None]], actor: Actor) -> bool:
    """For each kind: by e-mail, by Slack; None leaves it as it is. Where a minimum holds, one way stays.

    Returns whether anything changed. Raises CannotChoose for a kind that the user is not told of, and for Slack where
    none is set up.
    """
    before = {each.kind.name: each.wish for each in own_choices(user)}
    for kind, (by_mail, by_slack) in chosen.items():
        if kind not in before:
            raise CannotChoose(f"You are not told of “{kind}”.", "Choose among what you are told of.")
        if by_slack and not before[kind].by_slack and not has_slack():
            raise CannotChoose("No Slack is set up here.", "Choose e-mail, or ask an admin to set Slack up.")
        wish = before[kind]
        ways = {
            "by_mail": wish.by_mail if by_mail is None else by_mail,
            "by_slack": wish.by_slack if by_slack is None else by_slack,
        }
        NoticeChoice.objects.update_or_create(user=user, kind=kind, defaults=ways)
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
