"""What people decide about matches: same, not the same, or neither any more. Remembered, and stronger than any rule."""

from collections.abc import Callable, Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from usher.directory.locks import matching_shared
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import Employee, Match
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.roster.models import Person

BY_HAND = "Matched by hand"


def match_by_hand(actor: Actor, person: Person, employee: Employee) -> Match:
    """They are the same, whatever their addresses. Takes the place of another decision for the person and source."""
    with transaction.atomic():
        matching_shared()
        Match.objects.filter(
            person=person, employee__source=employee.source, how=Match.How.BY_HAND, state=Match.State.MATCHED
        ).exclude(employee=employee).delete()
        match, _ = Match.objects.update_or_create(
            person=person,
            employee=employee,
            defaults={
                "state": Match.State.MATCHED,
                "how": Match.How.BY_HAND,
                "reason": BY_HAND,
                "by": actor.name,
                "made_at": timezone.now(),
            },
        )
        bring_up_to_date([person.pk])
        record(actor, "directory.matched", _subject(match))
    return match


def confirm(actor: Actor, proposals: Iterable[int]) -> int:
    """Of these matches, by primary key, those that nobody has decided on. Returns how many there were."""
    return _decide(proposals, lambda match: match_by_hand(actor, match.person, match.employee))


def reject(actor: Actor, matches: Iterable[int]) -> int:
    """They are not the same: neither matched nor proposed any more."""

    def settle(match: Match) -> None:
        match.state, match.how, match.counts = Match.State.REJECTED, "", False
        match.by, match.made_at = actor.name, timezone.now()
        match.save()
        bring_up_to_date([match.person_id])
        record(actor, "directory.match_rejected", _subject(match), reason=match.reason)

    return _decide(matches, settle)


def undo(actor: Actor, pk: int) -> bool:
    """Takes a decision back: the rules find anew what the person is. False where there was none."""
    with transaction.atomic():
        matching_shared()
        match = (
            Match.objects.select_related("person", "employee")
            .filter(Q(state=Match.State.REJECTED) | Q(how=Match.How.BY_HAND), pk=pk)
            .first()
        )
        if match is None:
            return False
        record(actor, "directory.decision_undone", _subject(match), before={"state": match.state})
        match.delete()
        bring_up_to_date([match.person_id])
    return True


def _decide(pks: Iterable[int], settle: Callable[[Match], object]) -> int:
    with transaction.atomic():
        matching_shared()
        found = Match.objects.select_related("person", "employee__source").filter(
            ~Q(state=Match.State.REJECTED), ~Q(how=Match.How.BY_HAND), pk__in=list(pks)
        )
        decided = list(found.order_by("pk").select_for_update(of=("self",)))
        for match in decided:
            settle(match)
    return len(decided)


def _subject(match: Match) -> str:
    person, employee = match.person, match.employee
    return f"person {person.pk}: {person} <{person.email}> and employee {employee.pk}: {employee} <{employee.email}>"
