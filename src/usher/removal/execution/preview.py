"""What a case would do, made from Asana at this moment: in plain words, and call by call."""

import msgspec
from asgiref.sync import sync_to_async
from django.db.models import Q
from django.utils import timezone

from usher.connections.client import not_for_long
from usher.connections.oauth_app import WHILE_A_PERSON_WAITS
from usher.removal.execution.clients import AsanaClients, asana_clients
from usher.removal.execution.inventory import Inventory, read_inventories
from usher.removal.models import Case, Step, Target
from usher.removal.states import CaseState
from usher.web.phrases import counted


class PlannedRequest(msgspec.Struct, frozen=True):
    """One call that would be made. `body` is JSON; empty where none is sent."""

    step: str
    method: str
    path: str
    body: str
    acts_as: str

    @property
    def changes_something(self) -> bool:
        return self.method != "GET"


class RemovalPreview(msgspec.Struct, frozen=True):
    """`happens` and `lost` are sentences for people."""

    seen: list[Inventory]
    happens: list[str]
    lost: list[str]
    calls: list[PlannedRequest]

    @property
    def nothing_to_do(self) -> bool:
        return not any(call.changes_something for call in self.calls)


async def preview(case: Case) -> RemovalPreview:
    """Changes nothing in Asana. Raises AsanaError, Unavailable after some seconds among them."""
    targets = [target async for target in case.targets.all()]
    steps = [step async for step in case.steps.select_related("target")]
    found = await preview_of(case, targets, steps)
    await sync_to_async(_keep)(case, found)
    return found


async def preview_of(case: Case, targets: list[Target], steps: list[Step]) -> RemovalPreview:
    """Of a case that need not be stored."""
    if case.connection is None:
        raise ValueError("The connection of this case is gone.")
    async with not_for_long(), asana_clients(case.connection, WHILE_A_PERSON_WAITS) as hands:
        seen = await read_inventories(hands, case, targets)
        given = {
            step.target.workspace_gid for step in steps if step.name == Step.Name.HAND_OVER and step.target
        }
        return RemovalPreview(
            seen, _happens(case, seen, given), _lost(case, seen, given), _calls(case, steps, seen, hands)
        )


def _keep(case: Case, found: RemovalPreview) -> None:
    """The figures, for the evidence: what could be seen by who approved. Later looks take nothing of it away."""
    kept: dict[str, object] = {"seen": [seen.to_keep() for seen in found.seen], "happens": found.happens}
    kept["lost"] = found.lost
    is_undecided = Q(state__in=[CaseState.DRAFT, CaseState.WAITING])
    was_never_seen = Q(previewed_at=None, started_at=None, state=CaseState.SCHEDULED)
    Case.objects.filter(is_undecided | was_never_seen, pk=case.pk).update(
        preview=kept, previewed_at=timezone.now()
    )


def _happens(case: Case, all_seen: list[Inventory], given: set[str]) -> list[str]:
    """`given`: the workspaces in which work is handed over."""
    return [
        sentence
        for seen in all_seen
        for sentence in _happens_in(case, seen, is_given=seen.workspace_gid in given)
    ]


def _happens_in(case: Case, seen: Inventory, *, is_given: bool) -> list[str]:
    where = seen.workspace
    if case.kind == Case.Kind.RESTORE:
        if seen.is_active:
            return [f"{where}: they are active there already; nothing is done."]
        return [f"{where}: they get an invitation, as a new member would."]
    if not seen.is_active:
        return [f"{where}: they are gone already; nothing is done."]
    if case.kind == Case.Kind.DOWNGRADE:
        if seen.is_view_only:
            return [f"{where}: they are view-only already; nothing is done."]
        return [
            f"{where}: they keep their account and see what they saw, but change nothing any more. "
            "Their tasks and projects stay theirs. The seat is free."
        ]
    sentences = [f"{where}: they lose all access at once, and leave {counted(len(seen.teams), 'team')}."]
    receiver = case.hand_over_name or case.hand_over_email
    tasks, projects = counted(len(seen.tasks), "open task"), counted(len(seen.projects), "project")
    if is_given and (seen.tasks or seen.projects):
        return [*sentences, f"{where}: before that, {tasks} and {projects} go to {receiver}."]
    if receiver and (seen.tasks or seen.projects):
        sentences.append(f"{where}: {receiver} is not in this workspace, so nothing is handed over there.")
    if seen.tasks:
        loses = "loses its" if len(seen.tasks) == 1 else "lose their"
        sentences.append(
            f"{where}: {tasks} {loses} assignee. Asana puts them into a private project “previously "
            f"assigned tasks”, owned by {seen.inherits}"
        )
    if seen.projects:
        sentences.append(
            f"{where}: nobody owns {projects} of theirs any more. Asana does not pass ownership on."
        )
    return sentences


def _lost(case: Case, all_seen: list[Inventory], given: set[str]) -> list[str]:
    if case.kind == Case.Kind.RESTORE:
        return [
            "Role, teams, projects and tasks do not come back by themselves: what they had was recorded, and can "
            "be given back by hand.",
            "If their address left the organization's domains, they come back as a guest.",
        ]
    if case.kind == Case.Kind.DOWNGRADE:
        return ["Nothing is lost: the licence can be changed back."]
    if not any(seen.is_active for seen in all_seen):
        return []
    lost = [
        "Private tasks and private projects that nobody else can see are not rescued. Usher cannot see or count "
        "them; while the person is still here, they can make them public."
    ]
    for seen in all_seen:
        alone = sum(task.stands_alone for task in seen.tasks)
        if alone and seen.workspace_gid not in given:
            lost.append(
                f"{seen.workspace}: {counted(alone, 'task')} in no project, so hardly anybody else knows of "
                f"{'it' if alone == 1 else 'them'}."
            )
        private = [project.name for project in seen.projects if project.is_private]
        if private and seen.workspace_gid not in given:
            names = ", ".join(private[:3]) + (f" and {len(private) - 3:,} more" if len(private) > 3 else "")
            lost.append(
                f"{seen.workspace}: private projects that they own ({names}) may be left without an admin."
            )
    return lost


def _calls(
    case: Case, steps: list[Step], all_seen: list[Inventory], hands: AsanaClients
) -> list[PlannedRequest]:
    by_gid = {seen.workspace_gid: seen for seen in all_seen}
    calls: list[PlannedRequest] = []
    for step in steps:
        if step.name == Step.Name.RECHECK:
            calls += [_get_membership(step, case, seen) for seen in all_seen]
        elif step.target is not None:
            seen = by_gid[step.target.workspace_gid]
            calls += _calls_of(step, case, seen, hands) if _has_to(case, seen) else []
    return calls


def _has_to(case: Case, seen: Inventory) -> bool:
    if case.kind == Case.Kind.RESTORE:
        return not seen.is_active
    if case.kind == Case.Kind.DOWNGRADE:
        return seen.is_active and not seen.is_view_only
    return seen.is_active


def _calls_of(step: Step, case: Case, seen: Inventory, hands: AsanaClients) -> list[PlannedRequest]:
    workspace, user = seen.workspace_gid, case.person_gid
    one = f"/workspaces/{workspace}"

    def call(method: str, path: str, body: object = None, acts_as: str = seen.acts_as) -> PlannedRequest:
        text = "" if body is None else msgspec.json.encode(body).decode()
        return PlannedRequest(step.get_name_display(), method, path, text, acts_as)

    match step.name:
        case Step.Name.RECORD:
            return [
                call("GET", f"/users/{user}/team_memberships?workspace={workspace}"),
                call("GET", f"/tasks?assignee={user}&workspace={workspace}&completed_since=now"),
                call("GET", f"{one}/projects"),
            ]
        case Step.Name.HAND_OVER:
            to = case.hand_over_gid
            return [
                *(call("PUT", f"/tasks/{task.gid}", {"data": {"assignee": to}}) for task in seen.tasks),
                *(call("PUT", f"/projects/{one.gid}", {"data": {"owner": to}}) for one in seen.projects),
            ]
        case Step.Name.REMOVE:
            return [call("POST", f"{one}/removeUser", {"data": {"user": user}})]
        case Step.Name.DOWNGRADE:
            service = hands.service_for(workspace)
            body = {"Operations": [{"op": "replace", "path": "userType", "value": "view only"}]}
            who = service.who if service else "a service account, which this connection has not"
            return [call("PATCH", f"/scim/Users/{user}", body, who)]
        case Step.Name.INVITE:
            return [call("POST", f"{one}/addUser", {"data": {"user": case.person_email or user}})]
        case Step.Name.VERIFY:
            return [_get_membership(step, case, seen)]
        case _:
            return []


def _get_membership(step: Step, case: Case, seen: Inventory) -> PlannedRequest:
    path = f"/workspaces/{seen.workspace_gid}/workspace_memberships?user={case.person_gid}"
    return PlannedRequest(step.get_name_display(), "GET", path, "", seen.acts_as)
