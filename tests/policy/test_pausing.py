"""Rules about paused licences: those that put people on the list, and those that tell who came back."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from tests.policy.test_running import a_rule, acting, done, idle_people
from tests.support.activity.lived_usage import ago, use, watch
from tests.support.activity.syncing import connect, sync_at
from tests.support.activity.written_events import an_event, user, write
from tests.support.removal.leaving import ADMIN, no_waiting
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.events.pauses import PAUSED, SIGNED_IN
from usher.activity.models import EvidenceSource
from usher.connections.models import Connection, Mode
from usher.directory.models import Protected
from usher.ledger.models import Entry
from usher.notify.models import Notice
from usher.policy import acting as acting_module
from usher.policy import changes
from usher.policy.definition import Definition, Does, What, Who
from usher.policy.models import PolicyFinding, PolicyRun
from usher.policy.running import run
from usher.policy.starting_points import STARTING_POINTS
from usher.policy.trial import found_on, newest_trial, perform_trial, request_trial, tried_days
from usher.removal.cases import opening
from usher.removal.cases.opening import CaseRequest
from usher.removal.models import Case, LicencePause
from usher.removal.pauses.worklist import put_on_list
from usher.roster.models import Membership, Person, Workspace
from usher.sandbox import RunningSandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Connection:
    """With “Read”, which is enough."""
    no_waiting()
    return a_connection(mode=Mode.READ, last_synced_at=timezone.now())


@pytest.fixture
def workspace(acme: Connection) -> Workspace:
    place = a_workspace(acme, "Acme", "acme.example")
    watch(place, EvidenceSource.AUDIT, 200)
    use(a_member(place, "Root", "root@acme.example", role="admin"), ago(hours=1))
    return place


def test_a_rule_puts_people_on_the_list_by_its_name_and_opens_no_case(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 2)
    policy = acting(a_rule(Does.PAUSE))
    ran = done(run(policy, acme))
    assert (ran.found, ran.done) == (2, 2)
    assert {one.done for one in ran.findings.all()} == {"Put on the list of licences to pause"}
    pauses = LicencePause.objects.all()
    assert {(one.why, one.put_by) for one in pauses} == {("Rule “Idle”", f"rule {policy.pk}: Idle")}
    assert not Case.objects.exists()
    entry = Entry.objects.filter(action="pause.put_on_list").latest("number")
    assert entry.actor_kind == "policy"


def test_the_next_day_nobody_stands_on_the_list_twice(acme: Connection, workspace: Workspace) -> None:
    idle_people(workspace, 2)
    policy = acting(a_rule(Does.PAUSE))
    run(policy, acme)
    PolicyRun.objects.update(day=timezone.localdate() - timedelta(days=1))
    ran = done(run(policy, acme))
    assert (ran.found, ran.done, LicencePause.objects.count()) == (2, 0, 2)
    assert all("on the list already" in one.left_out for one in ran.findings.all())


def test_who_is_protected_or_in_a_case_is_left_out_with_the_reason(
    acme: Connection, workspace: Workspace
) -> None:
    protected, busy, free = idle_people(workspace, 3)
    Protected.objects.create(person=protected.person, why=Protected.Why.OTHER, by="Ada")
    Connection.objects.update(mode=Mode.ACT)
    opening.open_case(Person.objects.get(pk=busy.person_id), CaseRequest(), ADMIN)
    run(acting(a_rule(Does.PAUSE)), acme)
    left_out = dict(PolicyFinding.objects.exclude(left_out="").values_list("name", "left_out"))
    assert set(left_out) == {protected.person.name, busy.person.name}
    assert "already an open case" in left_out[busy.person.name]
    assert LicencePause.objects.get().membership == free


def test_the_limit_of_a_day_holds_and_a_watched_rule_puts_nobody_on_the_list(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 3)
    policy = a_rule(Does.PAUSE, at_most=2)
    changes.watch(policy, ADMIN)
    assert done(run(policy, acme)).done == 0
    PolicyRun.objects.all().delete()
    ran = done(run(acting(policy), acme))
    assert (ran.done, ran.left_out, LicencePause.objects.count()) == (2, 1, 2)


def test_a_run_that_was_killed_goes_on_without_a_second_entry(acme: Connection, workspace: Workspace) -> None:
    idle_people(workspace, 4)
    policy = acting(a_rule(Does.PAUSE))
    put, really_put = 0, put_on_list

    class Killed(BaseException):
        pass

    def dies_at_the_third(*arguments: object) -> object:
        nonlocal put
        put += 1
        result = really_put(*arguments)  # type: ignore[arg-type]
        if put == 3:
            raise Killed
        return result

    with patch.object(acting_module, "put_on_list", dies_at_the_third), pytest.raises(Killed):
        run(policy, acme)
    assert LicencePause.objects.count() == 2
    assert done(run(policy, acme)).done == 4
    assert LicencePause.objects.count() == 4


def test_of_several_workspaces_only_that_in_which_somebody_is_found(
    acme: Connection, workspace: Workspace
) -> None:
    idle_people(workspace, 1)
    side = a_workspace(acme, "Side", "side.example")
    a_member(side, "Idle 000")
    run(acting(a_rule(Does.PAUSE, who=Who(idle_for=90, workspaces=[workspace.gid]))), acme)
    assert LicencePause.objects.get().membership.workspace == workspace


def log(member: Membership, days: float, kind: str) -> None:
    gid = member.person.gid
    actor = user(gid) if kind == SIGNED_IN else {"actor_type": "asana"}
    write(member.workspace, an_event(ago(days=days), event_type=kind, actor=actor, resource=user(gid)))


def test_an_admin_is_told_once_who_came_back_from_a_pause_and_when(
    acme: Connection, workspace: Workspace
) -> None:
    returner, stays = idle_people(workspace, 2)
    for each in (returner, stays):
        log(each, 40, PAUSED)
    policy = acting(changes.make(STARTING_POINTS["back-from-pause"], ADMIN))
    run(policy, acme)
    assert not Notice.objects.filter(kind="rule_found").exists()
    log(returner, 0.01, SIGNED_IN)
    for _ in range(2):
        PolicyRun.objects.update(day=timezone.localdate() - timedelta(days=1))
        run(policy, acme)
    (facts,) = Notice.objects.filter(kind="rule_found").values_list("facts", flat=True)
    assert facts["found"] == 1
    (line,) = facts["lines"]
    assert line.startswith(f"{returner.person.name} ({returner.person.email}) paused on ")
    assert "signed in on" in line
    assert line.endswith(" UTC.")


@pytest.mark.django_db(transaction=True)
def test_a_trial_finds_the_returners_of_ninety_days_in_the_log_of_the_simulated_asana(
    sandbox: RunningSandbox,
) -> None:
    now = timezone.now()
    workspace, gid = _a_seat(sandbox)
    returned = (now - timedelta(days=50)).replace(hour=12, minute=5)
    for minutes, ends in ((5, False), (0, True)):
        sandbox.set_clock(returned - timedelta(minutes=minutes))
        sandbox.pause(workspace, gid, ends=ends)
    sandbox.set_clock(now)
    sync_at(connect(), now)
    policy = changes.make(Definition("Back", Who(back_from_pause_within=5), What(Does.LIST)), ADMIN)
    perform_trial(request_trial(policy).pk, now)
    trial = newest_trial(policy)
    assert trial is not None
    assert len(tried_days(trial)) == 91
    for days, is_found in ((-1, False), (0, True), (4, True), (5, False)):
        found = found_on(trial, returned.date() + timedelta(days=days))
        assert found.filter(membership__person__gid=gid).exists() == is_found, days


def _a_seat(sandbox: RunningSandbox) -> tuple[str, str]:
    """The gids of an organization and of somebody with a Member licence there."""
    workspace = max(sandbox.truth()["workspaces"], key=lambda one: len(one["memberships"]))
    kinds = {"role": "member", "licence": "member", "status": "active"}
    seats = [one["user"] for one in workspace["memberships"] if kinds.items() <= one.items()]
    return workspace["gid"], seats[3]
