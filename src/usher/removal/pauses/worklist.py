"""Putting people on the list of licences to pause, ticking them, and taking them off. Nothing here changes Asana."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone

from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused
from usher.removal.models import LicencePause
from usher.removal.pauses.candidates import PauseCandidate, pause_candidates
from usher.removal.pauses.states import PauseState, state_of
from usher.roster.models import Person

PUT_AT_ONCE = 200


class CannotChangePause(Refused):
    """The entry is not in the state that this needs."""


class WhyIsMissing(Refused):
    """Whoever reads the list, or the ledger, wants to know why."""

    def __init__(self, done: str) -> None:
        super().__init__(f"Nobody is {done} without a reason.", "Say why in a few words.")


@dataclass(frozen=True)
class PutResult:
    """Of one person. `problem` is empty if somebody was put on the list."""

    person: Person
    pauses: Sequence[LicencePause] = field(default_factory=list)
    problem: str = ""
    remedy: str = ""


def put_on_list(
    people: Collection[int], why: str, actor: Actor, workspaces: Collection[str] = ()
) -> list[PutResult]:
    """Puts the Member licences of these people on the list, in all organizations or in some, by gid.

    Whoever cannot be put on it is left out, with the reason, and stops no other. Raises WhyIsMissing.
    """
    if not why.strip():
        raise WhyIsMissing("put on the list")
    return [_put(one, why.strip()[:1000], actor) for one in pause_candidates(people, workspaces)]


def _put(candidate: PauseCandidate, why: str, actor: Actor) -> PutResult:
    person = candidate.person
    if not candidate.can_be_paused:
        return PutResult(person, [], candidate.blocked, candidate.remedy)
    pauses = [
        LicencePause(
            connection=person.connection,
            membership=membership,
            why=why,
            put_by=actor.name,
            put_by_id=actor.user_id,
        )
        for membership in candidate.memberships
    ]
    try:
        with transaction.atomic():
            for pause in pauses:
                pause.save()
                _record(actor, "pause.put_on_list", pause, pause.why)
    except IntegrityError:
        return PutResult(person, [], "They are on the list already.", "Somebody put them on it just now.")
    return PutResult(person, pauses)


def tick(pauses: Collection[int], actor: Actor) -> int:
    """A person says that these were paused in Asana. Those in another state stay as they are. Returns how many."""
    return sum(_tick(pause, actor) for pause in sorted(pauses))


def tick_one(key: int, actor: Actor) -> None:
    """Raises CannotChangePause for an entry in another state."""
    if not _tick(key, actor):
        raise CannotChangePause("There is nothing to tick.", "Look at the list: something has changed.")


@transaction.atomic
def _tick(key: int, actor: Actor) -> bool:
    pause = _locked(key)
    if pause is None or state_of(pause) is not PauseState.TO_DO:
        return False
    pause.ticked_at, pause.ticked_by = timezone.now(), actor.name
    pause.save(update_fields=["ticked_at", "ticked_by"])
    _record(actor, "pause.ticked", pause)
    return True


@transaction.atomic
def untick(key: int, actor: Actor) -> None:
    """It was not done after all. Raises CannotChangePause where there is no tick, or the audit log shows the pause."""
    pause = _locked(key)
    if pause is None or state_of(pause) is not PauseState.TICKED:
        raise CannotChangePause("There is no tick to take back.", "Look at the list: something has changed.")
    before = {"ticked_by": pause.ticked_by, "ticked_at": _moment(pause)}
    pause.ticked_at, pause.ticked_by = None, ""
    pause.save(update_fields=["ticked_at", "ticked_by"])
    record(actor, "pause.unticked", str(pause), before=before, connection=pause.connection_id)


@transaction.atomic
def take_off(key: int, reason: str, actor: Actor) -> None:
    """Nobody is to pause the licence any more, or nobody needs to see that it is paused. Asana stays as it is.

    Raises CannotChangePause for an entry that is not on the list, and WhyIsMissing.
    """
    if not reason.strip():
        raise WhyIsMissing("taken off the list")
    pause = _locked(key)
    if pause is None or state_of(pause) is PauseState.TAKEN_OFF:
        raise CannotChangePause("They are not on the list any more.", "Somebody took them off just now.")
    before = {"state": state_of(pause).value}
    pause.taken_off_at, pause.taken_off_by, pause.taken_off_why = timezone.now(), actor.name, reason[:1000]
    pause.save(update_fields=["taken_off_at", "taken_off_by", "taken_off_why"])
    record(actor, "pause.taken_off", str(pause), reason=reason, before=before, connection=pause.connection_id)


def _locked(key: int) -> LicencePause | None:
    found = LicencePause.objects.select_for_update(of=("self",)).filter(pk=key)
    return found.select_related("connection", "membership__person", "membership__workspace").first()


def _moment(pause: LicencePause) -> str | None:
    return pause.ticked_at.isoformat() if pause.ticked_at else None


def _record(actor: Actor, action: str, pause: LicencePause, reason: str = "") -> None:
    after = {"workspace": f"{pause.membership.workspace} ({pause.membership.workspace.gid})"}
    record(actor, action, str(pause), reason=reason, after=after, connection=pause.connection_id)
