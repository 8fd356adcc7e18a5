"""The minimum: kinds that users with some role cannot switch off."""

from collections.abc import Mapping

from django.db import transaction

from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.notify.kinds import KINDS
from usher.notify.models import NoticeMinimum
from usher.platform.scope import whole_installation


@whole_installation()
def minimums() -> dict[str, str]:
    """The least role that cannot switch a kind off, by kind."""
    return dict(NoticeMinimum.objects.values_list("kind", "role"))


@transaction.atomic
def set_minimum(chosen: Mapping[str, str], actor: Actor) -> bool:
    """`chosen`: a role for each kind, empty where everybody chooses. Returns whether anything changed."""
    before = {row.kind: row.role for row in NoticeMinimum.objects.select_for_update()}
    after = {kind: role for kind, role in chosen.items() if role and kind in KINDS}
    if before == after:
        return False
    NoticeMinimum.objects.exclude(kind__in=after).delete()
    for kind, role in after.items():
        NoticeMinimum.objects.update_or_create(kind=kind, defaults={"role": role})
    kinds = sorted(kind for kind in {*before, *after} if before.get(kind) != after.get(kind))
    record(
        actor,
        "settings.notice_minimum_changed",
        "notices",
        before={kind: before.get(kind) for kind in kinds},
        after={kind: after.get(kind) for kind in kinds},
    )
    return True
