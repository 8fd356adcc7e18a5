"""What a case would do in Asana right now, in sentences and as a list of requests."""

from contextlib import AsyncExitStack

import msgspec
from asgiref.sync import sync_to_async
from django.db.models import Q
from django.utils import timezone

from usher.connections.client import not_for_long
from usher.connections.pace.budget import Urgency
from usher.directory.remarks.questions import unanswered
from usher.removal.execution.absence import Absence, read_absence
from usher.removal.execution.breakage import Breakage, read_breakage
from usher.removal.execution.clients import AsanaClients, asana_clients
from usher.removal.execution.inventory import Inventory, read_inventories
from usher.removal.execution.recheck import today_of
from usher.removal.models import Case, Step, Target
from usher.removal.states import CaseState
from usher.web.phrases import counted


class PlannedRequest(msgspec.Struct, frozen=True):
    """One request that would be made. `body` is JSON; empty if there is none."""

    step: str
    method: str
    path: str
    body: str
    acts_as: str

    @property
    def changes_something(self) -> bool:
        return self.method != "GET"


class RemovalPreview(msgspec.Struct, frozen=True):
    """`happens`, `lost` and `remarks`, the unanswered ones, are sentences for people.

    `absence`: None for an invitation. `breaks`: None unless somebody is removed.
    """

    inventories: list[Inventory]
    happens: list[str]
    lost: list[str]
    remarks: list[str]
    calls: list[PlannedRequest]
    absence: Absence | None = None
    breaks: Breakage | None = None

    @property
    def nothing_to_do(self) -> bool:
        return not any(call.changes_something for call in self.calls)


async def preview(case: Case) -> RemovalPreview:
    """Changes nothing in Asana. Raises AsanaError, such as Unavailable after some seconds."""
    targets = [target async for target in case.targets.all()]
    steps = [step async for step in case.steps.select_related("target")]
    result = await preview_of(case, targets, steps)
    await sync_to_async(_store)(case, result)
    return result


async def preview_of(case: Case, targets: list[Target], steps: list[Step]) -> RemovalPreview:
    """As `preview`, for a case that may not be stored."""
    if case.connection is None:
        raise ValueError("The connection of this case is gone.")
    async with AsyncExitStack() as stack:
        async with not_for_long():
            clients = await stack.enter_async_context(asana_clients(case.connection, Urgency.PERSON))
            inventories = await read_inventories(clients, case, targets)
            absence = await read_absence(clients, case, targets)
        handed_over_in = {
            step.target.workspace_gid for step in steps if step.name == Step.Name.HAND_OVER and step.target
        }
        breaks = (  # has a time limit of its own, so that it never fails the rest
            await read_breakage(clients, case.connection.pk, case.person_gid, inventories)
            if case.kind == Case.Kind.REMOVE
            else None
        )
        return RemovalPreview(
            inventories,
            _happens(case, inventories, handed_over_in),
            _lost(case, inventories, handed_over_in),
            await sync_to_async(_remarks)(case),
            _requests(case, steps, inventories, clients),
            absence,
            breaks,
        )


def _store(case: Case, preview: RemovalPreview) -> None:
    """Keeps what the approver could see, for the evidence. Later previews do not replace it."""
    stored: dict[str, object] = {
        "seen": [inventory.without_task_names() for inventory in preview.inventories],
        "happens": preview.happens,
        "lost": preview.lost,
        "remarks": preview.remarks,
        "absence": msgspec.to_builtins(preview.absence),
        "breaks": msgspec.to_builtins(preview.breaks),
    }
    is_undecided = Q(state__in=[CaseState.DRAFT, CaseState.WAITING])
    was_never_previewed = Q(previewed_at=None, started_at=None, state=CaseState.SCHEDULED)
    Case.objects.filter(is_undecided | was_never_previewed, pk=case.pk).update(
        preview=stored, previewed_at=timezone.now()
    )


def _remarks(case: Case) -> list[str]:
    if case.person is None or case.kind == Case.Kind.RESTORE:
        return []
    return [remark.text for remark in unanswered(case.person)]


def _happens(case: Case, inventories: list[Inventory], handed_over_in: set[str]) -> list[str]:
    """`handed_over_in`: the workspaces in which work is handed over."""
    return [
        sentence
        for inventory in inventories
        for sentence in _happens_in(case, inventory, is_handed_over=inventory.workspace_gid in handed_over_in)
    ]


def _happens_in(case: Case, inventory: Inventory, *, is_handed_over: bool) -> list[str]:
    where = inventory.workspace
    if case.kind == Case.Kind.RESTORE:
        if inventory.is_active:
            return [f"{where}: they are already active there; nothing changes."]
        return [f"{where}: they receive an invitation, like a new member."]
    if not inventory.is_active:
        return [f"{where}: already removed; nothing changes."]
    if case.kind == Case.Kind.DOWNGRADE:
        if inventory.is_view_only:
            return [f"{where}: they are already view-only; nothing changes."]
        return [
            f"{where}: they keep their account and can see everything they see now, but can no longer change "
            "anything. They keep their tasks and projects. Their seat becomes free."
        ]
    sentences = [f"{where}: they lose all access at once and leave {counted(len(inventory.teams), 'team')}."]
    receiver = case.hand_over_name or case.hand_over_email
    tasks, projects = counted(len(inventory.tasks), "open task"), counted(len(inventory.projects), "project")
    if is_handed_over and (inventory.tasks or inventory.projects):
        return [*sentences, f"{where}: before that, {receiver} takes over {tasks} and {projects}."]
    if receiver and (inventory.tasks or inventory.projects):
        sentences.append(f"{where}: {receiver} is not in this workspace, so nothing is handed over there.")
    if inventory.tasks:
        loses = "loses its" if len(inventory.tasks) == 1 else "lose their"
        sentences.append(
            f"{where}: {tasks} {loses} assignee. Asana moves them to a private project, “previously "
            f"assigned tasks”, owned by {inventory.inherits}"
        )
    if inventory.projects:
        loses = "loses its" if len(inventory.projects) == 1 else "lose their"
        sentences.append(f"{where}: {projects} {loses} owner. Asana does not transfer ownership.")
    return sentences


def _lost(case: Case, inventories: list[Inventory], handed_over_in: set[str]) -> list[str]:
    if case.kind == Case.Kind.RESTORE:
        return [
            "Their role, teams, projects and tasks do not come back automatically. What they had was recorded and "
            "can be restored by hand.",
            "If their address is no longer in the organization's domains, they come back as a guest.",
        ]
    if case.kind == Case.Kind.DOWNGRADE:
        return ["Nothing is lost: the licence can be changed back."]
    if not any(inventory.is_active for inventory in inventories):
        return []
    lost = [
        "Usher cannot see, count or rescue private tasks and projects that nobody else can see. The person can make "
        "them public before the removal."
    ]
    for inventory in inventories:
        alone = sum(task.stands_alone for task in inventory.tasks)
        if alone and inventory.workspace_gid not in handed_over_in:
            lost.append(
                f"{inventory.workspace}: {counted(alone, 'task')} in no project, so hardly anybody else knows about "
                f"{'it' if alone == 1 else 'them'}."
            )
        private = [project.name for project in inventory.projects if project.is_private]
        if private and inventory.workspace_gid not in handed_over_in:
            names = ", ".join(private[:3]) + (f" and {len(private) - 3:,} more" if len(private) > 3 else "")
            lost.append(
                f"{inventory.workspace}: private projects that they own ({names}) may be left without an admin."
            )
    return lost


def _requests(
    case: Case, steps: list[Step], inventories: list[Inventory], clients: AsanaClients
) -> list[PlannedRequest]:
    by_gid = {inventory.workspace_gid: inventory for inventory in inventories}
    calls: list[PlannedRequest] = []
    for step in steps:
        if step.name == Step.Name.RECHECK:
            calls += [_get_membership(step, case, inventory) for inventory in inventories]
            calls += [
                _get_account(step, case, inventory)
                for inventory in inventories[:1]
                if case.kind != Case.Kind.RESTORE
            ]
            calls += [
                _get_absences(step, case, inventory)
                for inventory in inventories
                if _needs_change(case, inventory) and case.kind != Case.Kind.RESTORE
            ]
        elif step.target is not None:
            inventory = by_gid[step.target.workspace_gid]
            calls += _requests_of(step, case, inventory, clients) if _needs_change(case, inventory) else []
    return calls


def _needs_change(case: Case, inventory: Inventory) -> bool:
    if case.kind == Case.Kind.RESTORE:
        return not inventory.is_active
    if case.kind == Case.Kind.DOWNGRADE:
        return inventory.is_active and not inventory.is_view_only
    return inventory.is_active


def _requests_of(step: Step, case: Case, inventory: Inventory, clients: AsanaClients) -> list[PlannedRequest]:
    workspace, user = inventory.workspace_gid, case.person_gid
    one = f"/workspaces/{workspace}"

    def call(method: str, path: str, body: object = None, acts_as: str = inventory.acts_as) -> PlannedRequest:
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
                *(call("PUT", f"/tasks/{task.gid}", {"data": {"assignee": to}}) for task in inventory.tasks),
                *(call("PUT", f"/projects/{one.gid}", {"data": {"owner": to}}) for one in inventory.projects),
            ]
        case Step.Name.REMOVE:
            return [call("POST", f"{one}/removeUser", {"data": {"user": user}})]
        case Step.Name.DOWNGRADE:
            service = clients.service_for(workspace)
            body = {"Operations": [{"op": "replace", "path": "userType", "value": "view only"}]}
            who = service.who if service else "a service account, which this connection does not have"
            return [call("PATCH", f"/scim/Users/{user}", body, who)]
        case Step.Name.INVITE:
            return [call("POST", f"{one}/addUser", {"data": {"user": case.person_email or user}})]
        case Step.Name.VERIFY:
            return [_get_membership(step, case, inventory)]
        case _:
            return []


def _get_account(step: Step, case: Case, inventory: Inventory) -> PlannedRequest:
    """Whose account it is at that moment; not for an invitation."""
    return PlannedRequest(step.get_name_display(), "GET", f"/users/{case.person_gid}", "", inventory.acts_as)


def _get_absences(step: Step, case: Case, inventory: Inventory) -> PlannedRequest:
    """Whether they are out of office on the day on which the case runs, here today."""
    today = today_of(case, timezone.now()).isoformat()
    query = f"user={case.person_gid}&workspace={inventory.workspace_gid}&start_date={today}&end_date={today}"
    return PlannedRequest(step.get_name_display(), "GET", f"/ooo_entries?{query}", "", inventory.acts_as)


def _get_membership(step: Step, case: Case, inventory: Inventory) -> PlannedRequest:
    path = f"/workspaces/{inventory.workspace_gid}/workspace_memberships?user={case.person_gid}"
    return PlannedRequest(step.get_name_display(), "GET", path, "", inventory.acts_as)
