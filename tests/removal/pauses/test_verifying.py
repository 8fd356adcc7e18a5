"""What the audit log shows of licences on the list, from events as Asana sends them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.support.activity.lived_usage import watch
from tests.support.activity.syncing import connect, sync_at
from tests.support.activity.written_events import an_event, user, write
from tests.support.removal.company import a_company, people
from tests.support.removal.leaving import ADMIN, ordinary_people
from usher.activity.events.pauses import PAUSED, SIGNED_IN, UNPAUSED, PauseMove, PauseSpan, pauses_of
from usher.activity.models import EvidenceSource
from usher.connections.models import Connection
from usher.ledger.models import Entry
from usher.removal.models import LicencePause
from usher.removal.pauses import verify
from usher.removal.pauses.states import PauseState, logs_read_until, standing_of, state_of
from usher.removal.pauses.verify import SHORTLY, seen_since, verify_pauses
from usher.removal.pauses.worklist import put_on_list, take_off, tick
from usher.roster.models import Person, Workspace
from usher.sandbox import RunningSandbox

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def moves(*kinds: tuple[int, str]) -> list[PauseMove]:
    return [PauseMove(NOON + hours * HOUR, kind) for hours, kind in kinds]


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ((), []),
        (((1, SIGNED_IN),), []),
        (((1, PAUSED),), [(1, None, False)]),
        (((1, PAUSED), (2, UNPAUSED)), [(1, 2, False)]),
        (((1, PAUSED), (2, SIGNED_IN), (3, SIGNED_IN)), [(1, 2, True)]),
        # Asana may write down a moment later that the sign-in ended it.
        (((1, PAUSED), (2, SIGNED_IN), (3, UNPAUSED)), [(1, 2, True)]),
        (((1, UNPAUSED),), [(None, 1, False)]),
        (((1, PAUSED), (2, PAUSED), (3, UNPAUSED)), [(1, None, False), (2, 3, False)]),
        (((1, PAUSED), (2, UNPAUSED), (3, PAUSED)), [(1, 2, False), (3, None, False)]),
    ],
)
def test_a_pause_lasts_until_the_log_or_a_sign_in_ends_it(
    happened: tuple[tuple[int, str], ...], expected: list[tuple[int | None, int | None, bool]]
) -> None:
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else NOON + hours * HOUR

    assert pauses_of(moves(*happened)) == [PauseSpan(at(a), at(b), signed) for a, b, signed in expected]


histories = st.lists(
    st.tuples(st.integers(-60, 60), st.sampled_from([PAUSED, UNPAUSED, SIGNED_IN])), max_size=8
)


@given(histories)
def test_what_is_seen_began_about_when_somebody_was_put_on_the_list_or_later(
    history: list[tuple[int, str]],
) -> None:
    happened = sorted(moves(*history))
    seen = seen_since(NOON, pauses_of(happened))
    began = [move.at for move in happened if move.event_type == PAUSED]
    if seen is None:
        assert all(at < NOON for at in began)
        return
    assert seen.paused_at == max(began)
    assert seen.paused_at is not None
    assert seen.paused_at >= NOON - SHORTLY
    assert seen.billed_at is None or seen.billed_at >= max(seen.paused_at, NOON)
    if seen.billed_at is None:
        assert not any(move.event_type != PAUSED for move in happened if move.at > seen.paused_at)


# with events in the database


@pytest.fixture
def acme(db: None) -> Workspace:
    acme = a_company(has_service_token=True)
    watch(acme, EvidenceSource.AUDIT, 90)
    return acme


@pytest.fixture
def person(acme: Workspace) -> Person:
    (person,) = people(acme, 1)
    put_on_list([person.pk], "On leave", ADMIN)
    LicencePause.objects.update(put_at=timezone.now() - 10 * DAY)
    return person


def log(workspace: Workspace, person: Person, *events: tuple[float, str]) -> None:
    """Days ago, and the type."""
    for days, kind in events:
        actor = user(person.gid) if kind == SIGNED_IN else {"actor_type": "asana"}
        at = timezone.now() - days * DAY
        write(workspace, an_event(at, event_type=kind, actor=actor, resource=user(person.gid)))


def state() -> PauseState:
    return state_of(LicencePause.objects.latest("pk"))


def recorded() -> list[str]:
    kinds = ("pause.verified", "pause.billed_again")
    return list(Entry.objects.filter(action__in=kinds).order_by("number").values_list("action", flat=True))


def test_a_paused_event_after_that_verifies_with_or_without_a_tick(acme: Workspace, person: Person) -> None:
    log(acme, person, (40, PAUSED), (30, UNPAUSED))
    assert verify_pauses(acme.connection) == 0
    log(acme, person, (3, PAUSED))
    assert verify_pauses(acme.connection) == 1
    assert state() is PauseState.PAUSED
    assert verify_pauses(acme.connection) == 0, "once"
    assert recorded() == ["pause.verified"]


@pytest.mark.parametrize(("kind", "by_sign_in"), [(UNPAUSED, False), (SIGNED_IN, True)])
def test_billing_is_back_once_the_log_says_so_or_they_sign_in(
    acme: Workspace, person: Person, kind: str, by_sign_in: bool
) -> None:
    log(acme, person, (5, PAUSED))
    verify_pauses(acme.connection)
    log(acme, person, (2, kind))
    assert verify_pauses(acme.connection) == 1
    pause = LicencePause.objects.get()
    assert (state(), pause.ended_by_sign_in) == (PauseState.BILLED, by_sign_in)
    assert recorded() == ["pause.verified", "pause.billed_again"]


def test_whoever_is_paused_again_is_verified_again_and_whoever_is_put_on_anew_is_not_mixed_up(
    acme: Workspace, person: Person
) -> None:
    log(acme, person, (8, PAUSED), (6, UNPAUSED))
    verify_pauses(acme.connection)
    assert state() is PauseState.BILLED
    log(acme, person, (5, PAUSED))
    verify_pauses(acme.connection)
    assert state() is PauseState.PAUSED
    log(acme, person, (4, UNPAUSED))
    verify_pauses(acme.connection)
    put_on_list([person.pk], "Again", ADMIN)
    verify_pauses(acme.connection)
    assert state() is PauseState.TO_DO
    assert {state_of(one) for one in LicencePause.objects.all()} == {PauseState.TO_DO, PauseState.BILLED}


def test_nothing_is_looked_for_after_somebody_was_taken_off(acme: Workspace, person: Person) -> None:
    take_off(LicencePause.objects.get().pk, "No longer", ADMIN)
    log(acme, person, (1, PAUSED))
    assert verify_pauses(acme.connection) == 0


def test_a_pause_that_was_seen_stays_seen_when_its_event_is_no_longer_kept(
    acme: Workspace, person: Person
) -> None:
    LicencePause.objects.update(paused_at=timezone.now() - 9 * DAY)
    assert verify_pauses(acme.connection) == 0
    log(acme, person, (1, UNPAUSED))
    verify_pauses(acme.connection)
    assert state() is PauseState.BILLED


def test_of_another_workspace_or_person_nothing_counts(acme: Workspace, person: Person) -> None:
    other = people(a_company("Globex"), 1)[0]
    log(acme, other, (1, PAUSED))
    foreign = other.memberships.get().workspace
    log(foreign, person, (1, PAUSED))
    assert verify_pauses(acme.connection) == 0


def test_killed_half_way_it_goes_on_where_it_stood_with_each_entry_of_the_ledger_once(
    acme: Workspace, person: Person
) -> None:
    more = people(acme, 3, "More")
    put_on_list([one.pk for one in more], "On leave", ADMIN)
    for one in (person, *more):
        log(acme, one, (0, PAUSED))

    class Killed(BaseException):
        pass

    noted, really_record = 0, verify.record

    def dies_at_the_third(*arguments: object, **options: object) -> object:
        nonlocal noted
        noted += 1
        if noted == 3:
            raise Killed
        return really_record(*arguments, **options)  # type: ignore[arg-type]

    with patch.object(verify, "record", dies_at_the_third), pytest.raises(Killed):
        verify_pauses(acme.connection)
    assert LicencePause.objects.exclude(paused_at=None).count() == 2
    assert verify_pauses(acme.connection) == 2
    assert recorded() == ["pause.verified"] * 4


def said(now: datetime) -> tuple[str, bool]:
    pause = LicencePause.objects.select_related("connection", "membership__workspace").get()
    standing = standing_of(pause, logs_read_until([pause.membership.workspace_id]), now)
    return standing.note, standing.warns


def test_a_tick_that_is_not_verified_says_since_when_and_why(acme: Workspace, person: Person) -> None:
    tick([LicencePause.objects.get().pk], ADMIN)
    now = timezone.now()
    note, warns = said(now)
    assert "has not been read since. The next sync looks" in note
    assert not warns, "that is usual"
    assert said(now + 30 * HOUR)[1]
    acme.coverage.update(ends_at=now + 5 * HOUR)
    note, warns = said(now + 7 * HOUR)
    assert note.startswith("Not seen in the audit log for 7 hours")
    assert "can lag behind" in note
    assert warns
    Connection.objects.update(has_service_token=False)
    note, warns = said(now)
    assert "Cannot be verified: Acme has no service-account token" in note
    assert warns


def test_a_log_that_was_never_read_is_said(acme: Workspace, person: Person) -> None:
    acme.coverage.all().delete()
    tick([LicencePause.objects.get().pk], ADMIN)
    assert "could not be read yet" in said(timezone.now())[0]


# over HTTP, from the simulated Asana


@pytest.mark.django_db(transaction=True)
def test_from_the_list_to_paused_in_asana_to_billed_again_by_syncs_alone(sandbox: RunningSandbox) -> None:
    connection, now = connect(), timezone.now()
    sync_at(connection, now)
    chosen = _with_seat(ordinary_people(connection, 12))
    put_on_list([chosen.pk], "On leave", ADMIN)
    gid = chosen.memberships.get(workspace__is_organization=True, status="active").workspace.gid
    sync_at(connection, now + timedelta(minutes=1))
    assert state() is PauseState.TO_DO
    for minute, ends, expected in ((2, False, PauseState.PAUSED), (4, True, PauseState.BILLED)):
        sandbox.set_clock(now + timedelta(minutes=minute))
        sandbox.pause(gid, chosen.gid, ends=ends)
        sandbox.set_clock(now + timedelta(minutes=minute + 1))
        sync_at(connection, now + timedelta(minutes=minute + 1))
        assert state() is expected
    pause = LicencePause.objects.get()
    assert pause.paused_at is not None
    assert pause.billed_at == pause.paused_at + timedelta(minutes=2)
    assert recorded() == ["pause.verified", "pause.billed_again"]


def _with_seat(found: Iterable[Person]) -> Person:
    """Somebody with one active Member licence in an organization, and no other."""
    return next(
        person
        for person in found
        if list(
            person.memberships.filter(status="active").values_list("licence", "workspace__is_organization")
        )
        == [("member", True)]
    )
