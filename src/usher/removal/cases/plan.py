"""The steps of a case, in order."""

from collections.abc import Iterator

from usher.removal.models import Case, Step, Target
from usher.roster.models import Membership, Status

Name = Step.Name


def plan_steps(case: Case) -> list[Step]:
    """Stores the steps of a case that has none yet."""
    return Step.objects.bulk_create(steps_for(case, list(case.targets.all())))


def steps_for(case: Case, targets: list[Target]) -> list[Step]:
    return [
        Step(case=case, position=position, name=name, target=target)
        for position, (name, target) in enumerate(_steps_of(case, targets), start=1)
    ]


def _steps_of(case: Case, targets: list[Target]) -> Iterator[tuple[Name, Target | None]]:
    yield Name.RECHECK, None
    if case.kind == Case.Kind.RESTORE:
        for target in targets:
            yield Name.INVITE, target
            yield Name.VERIFY, target
    else:
        # Everything is recorded before anything is changed.
        for target in targets:
            yield Name.RECORD, target
        reached = _where_the_receiver_is(case)
        for target in targets:
            if target.workspace_gid in reached:
                yield Name.HAND_OVER, target
            yield Name.DOWNGRADE if case.kind == Case.Kind.DOWNGRADE else Name.REMOVE, target
            yield Name.VERIFY, target
    yield Name.NOTIFY, None
    yield Name.CLOSE, None


def _where_the_receiver_is(case: Case) -> frozenset[str]:
    """Work can only be handed over within a workspace."""
    if not case.hand_over_gid:
        return frozenset()
    memberships = Membership.objects.filter(
        person__connection=case.connection, person__gid=case.hand_over_gid, status=Status.ACTIVE
    )
    return frozenset(memberships.values_list("workspace__gid", flat=True))
