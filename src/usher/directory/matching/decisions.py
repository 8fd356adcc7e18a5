"""What people decide about matches: confirmed, rejected, or undone. Remembered, and stronger than any rule."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from usher.directory.matching.update import begin_matching, match_people
from usher.directory.models import Employee, Match
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused
from usher.roster.models import Person

BY_HAND = "Matched by hand"


class AlreadyDecided(Refused):
    """A person has said whether they are the same."""

    def __init__(self, match: Match) -> None:
        said = "are not the same" if match.state == Match.State.REJECTED else "are the same"
        super().__init__(f"{match.by} has decided that they {said}.", "Undo that decision first.")


class NothingToUndo(Refused):
    """Nobody has decided, or the decision was undone."""

    def __init__(self) -> None:
        super().__init__("Nobody has decided on this match.", "The matching rules apply to it as they are.")


class UndecidedGone(Refused):
    """A rule no longer proposes it."""

    def __init__(self) -> None:
        super().__init__("This match is no longer proposed.", "Read the matches again.")


def open_proposals() -> QuerySet[Match]:
    """The proposals that wait for a decision, by the person's name."""
    return (
        Match.objects.filter(state=Match.State.PROPOSED)
        .select_related("person__connection", "employee__source")
        .order_by(F("person__name").asc(), "person", "pk")
    )


def match_by_hand(actor: Actor, person: Person, employee: Employee) -> Match:
    """They are the same, whatever their addresses. Replaces another decision for the person and the source."""
    with transaction.atomic():
        begin_matching([person.pk])
        _delete_decisions({(person.pk, employee.source_id): employee.pk})
        match, _ = Match.objects.update_or_create(
            person=person, employee=employee, defaults=_by_hand(actor, timezone.now())
        )
        match_people([person.pk])
        record(actor, "directory.matched", _subject(match), connection=match.person.connection_id)
    return match


def confirm(actor: Actor, matches: Iterable[int]) -> int:
    """Confirms those of these matches, by primary key, that nobody has decided on. Returns how many.

    A person is one employee of a source: of two proposals for the same person and source, the last one counts.
    """
    with transaction.atomic():
        confirmed = {(each.person_id, each.employee.source_id): each for each in _undecided(matches)}
        _delete_decisions({key: each.employee_id for key, each in confirmed.items()})
        rows = Match.objects.filter(pk__in=[each.pk for each in confirmed.values()])
        rows.update(**_by_hand(actor, timezone.now()))
        match_people({each.person_id for each in confirmed.values()})
        for each in confirmed.values():
            record(actor, "directory.matched", _subject(each), connection=each.person.connection_id)
    return len(confirmed)


def reject(actor: Actor, matches: Iterable[int]) -> int:
    """They are not the same: no longer matched, and not proposed again. Returns how many nobody had decided on."""
    with transaction.atomic():
        rejected = _undecided(matches)
        Match.objects.filter(pk__in=[each.pk for each in rejected]).update(
            state=Match.State.REJECTED, how="", counts=False, by=actor.name, made_at=timezone.now()
        )
        match_people({each.person_id for each in rejected})
        for each in rejected:
            record(
                actor,
                "directory.match_rejected",
                _subject(each),
                reason=each.reason,
                connection=each.person.connection_id,
            )
    return len(rejected)


def decide_one(actor: Actor, pk: int, *, are_same: bool) -> Match:
    """As `confirm` or `reject`, for a single match. Raises AlreadyDecided; UndecidedGone."""
    if not (confirm if are_same else reject)(actor, [pk]):
        decided = Match.objects.filter(pk=pk).first()
        raise AlreadyDecided(decided) if decided else UndecidedGone
    return Match.objects.get(pk=pk)


def undo(actor: Actor, pk: int) -> bool:
    """Takes a decision back, so that the rules apply again. False if there is no such decision."""
    with transaction.atomic():
        _begin_matching_of([pk])
        match = (
            Match.objects.select_related("person", "employee")
            .filter(Q(state=Match.State.REJECTED) | Q(how=Match.How.BY_HAND), pk=pk)
            .first()
        )
        if match is None:
            return False
        record(
            actor,
            "directory.decision_undone",
            _subject(match),
            before={"state": match.state},
            connection=match.person.connection_id,
        )
        match.delete()
        match_people([match.person_id])
    return True


def _undecided(pks: Iterable[int]) -> list[Match]:
    """Locked until the transaction ends."""
    pks = list(pks)
    _begin_matching_of(pks)
    undecided = Match.objects.select_related("person", "employee__source").filter(
        ~Q(state=Match.State.REJECTED), ~Q(how=Match.How.BY_HAND), pk__in=pks
    )
    return list(undecided.order_by("pk").select_for_update(of=("self",)))


def _begin_matching_of(pks: list[int]) -> None:
    begin_matching(set(Match.objects.filter(pk__in=pks).values_list("person", flat=True)))


def _by_hand(actor: Actor, at: datetime) -> dict[str, object]:
    return {
        "state": Match.State.MATCHED,
        "how": Match.How.BY_HAND,
        "reason": BY_HAND,
        "by": actor.name,
        "made_at": at,
    }


def _delete_decisions(chosen: dict[tuple[int, int], int]) -> None:
    """Matches by hand with another employee than the one chosen: (person, source) → employee."""
    by_hand = Match.objects.filter(
        person__in={person for person, _ in chosen}, how=Match.How.BY_HAND, state=Match.State.MATCHED
    ).values_list("pk", "person", "employee__source", "employee")
    replaced = [
        pk for pk, person, source, employee in by_hand if chosen.get((person, source), employee) != employee
    ]
    if replaced:
        Match.objects.filter(pk__in=replaced).delete()


def _subject(match: Match) -> str:
    person, employee = match.person, match.employee
    return f"person {person.pk}: {person} <{person.email}> and employee {employee.pk}: {employee} <{employee.email}>"
