"""Checks how a case ended in Usher and in the sandbox, and that each change was made once."""

from dataclasses import dataclass

from usher.ledger.models import Entry
from usher.removal.models import Case, Step, Target
from usher.removal.states import CaseState
from usher.roster.models import Membership, Person, Status
from usher.sandbox import RunningSandbox
from usher.sandbox.http.stats import Made


@dataclass(frozen=True)
class OpenWork:
    """Where a person is active, and their open tasks and projects in workspaces that the receiver shares."""

    workspaces: frozenset[str]
    tasks: frozenset[str]
    projects: frozenset[str]


def active_in(box: RunningSandbox, person: Person) -> set[str]:
    """Gids of the workspaces in which Asana lists them as active, of those that the connection sees."""
    workspaces = person.memberships.values_list("workspace__gid", flat=True)
    return {gid for gid in workspaces if is_active(box, gid, person.gid)}


def is_active(box: RunningSandbox, workspace: str, user: str) -> bool:
    (only_workspace,) = box.truth(workspace)["workspaces"]
    return any(one["user"] == user and one["status"] == "active" for one in only_workspace["memberships"])


def open_work_of(box: RunningSandbox, person: Person, receiver: Person) -> OpenWork:
    here = active_in(box, person)
    shared = [box.person(workspace, person.gid) for workspace in here & active_in(box, receiver)]
    return OpenWork(
        frozenset(here),
        frozenset(task["gid"] for one in shared for task in one["open_tasks"]),
        frozenset(project["gid"] for one in shared for project in one["owned_projects"]),
    )


def assert_done_once(
    box: RunningSandbox,
    case: Case,
    work: OpenWork,
    receiver: Person,
    *,
    killed: str = "",
    asked_once: bool = True,
) -> None:
    """The case is done, each change was made once, and steps and ledger tell it so.

    `asked_once` is False where Asana itself said that it had not done what it did, and so was asked again.
    """
    case.refresh_from_db()
    about = (killed, case.error, case.outcome, case.held_by)
    assert case.state == CaseState.DONE, about
    assert {target.outcome for target in case.targets.all()} == {Target.Outcome.DONE}, about
    assert {step.state for step in case.steps.all()} <= {Step.State.DONE, Step.State.SKIPPED}, about
    assert case.person is not None
    assert active_in(box, case.person) == set(), about
    assert not Membership.objects.filter(person=case.person, status=Status.ACTIVE).exists()
    wanted = {f"{gid}/{case.person_gid}" for gid in work.workspaces}
    removals = {
        key: made for key, made in box.changes("removals").items() if key.endswith(f"/{case.person_gid}")
    }
    made = [
        (removals, wanted),
        (box.changes("reassignments"), work.tasks),
        (box.changes("owner_changes"), work.projects),
    ]
    for changes, expected in made:
        found = {gid: changes.get(gid, Made()) for gid in expected}
        assert {gid: one.took_effect for gid, one in found.items()} == dict.fromkeys(expected, 1), about
        assert not asked_once or not any(one.nothing_to_do for one in found.values()), about
    assert set(removals) == wanted, about
    entries = Entry.objects.filter(subject=str(case))
    removed = [entry.after["workspace_gid"] for entry in entries.filter(action="asana.user_removed")]
    assert sorted(removed) == sorted(work.workspaces), about
    handed = entries.filter(action="asana.work_handed_over")
    assert {gid for entry in handed for gid in entry.after["tasks"]} == work.tasks, about
    assert {gid for entry in handed for gid in entry.after["projects"]} == work.projects, about
    assert handed.count() == len({entry.after["workspace_gid"] for entry in handed}), about
    assert all(entry.after["to_gid"] == receiver.gid for entry in handed), about
    assert entries.filter(action="case.done").count() == 1, about
