"""Which work depends on one person alone, as far as Asana shows it to this connection. Changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from usher.asana import AsanaError, BadRequest, Forbidden, MalformedAnswer, NotFound, PlanTooLow
from usher.connections.models import Connection
from usher.connections.pace.budget import Urgency
from usher.platform.encryption import SecretUnreadable
from usher.policy.finding.absences import targets_of
from usher.removal.execution.breakage import BreakingItems, WorkspaceBreakage, read_breakage
from usher.removal.execution.clients import AsanaClients, asana_clients
from usher.removal.execution.inventory import Inventory, read_inventory
from usher.removal.leavers.candidates import Candidate

NAMED = 20
PRIVATE_UNSEEN = "Usher cannot see private tasks and projects of yours, so please look for them yourself."
_REFUSED = (BadRequest, Forbidden, MalformedAnswer, NotFound, PlanTooLow)


@dataclass(frozen=True)
class PrivateWork:
    """`things`: one line each. `unseen`: what Usher could not look at, in sentences. `problem`: why it could not be
    read now, though it may be later; empty if it was.
    """

    things: list[str]
    unseen: str = ""
    problem: str = ""


async def read_private_work(connection: Connection, people: Sequence[Candidate]) -> dict[int, PrivateWork]:
    """By person. The projects of a workspace are listed once for all of them. Never raises AsanaError."""
    found: dict[int, PrivateWork] = {}
    try:
        async with asana_clients(connection, Urgency.SYNC) as clients:
            for one in people:
                found[one.person.pk] = await _of(clients, connection, one)
    except (AsanaError, SecretUnreadable) as error:
        problem = f"What is theirs could not be read from Asana, so they come with the next run. {error}"[
            :500
        ]
        rest = [one for one in people if one.person.pk not in found]
        found |= {one.person.pk: PrivateWork([], problem=problem) for one in rest}
    return found


async def _of(clients: AsanaClients, connection: Connection, one: Candidate) -> PrivateWork:
    inventories: list[Inventory] = []
    unseen: list[str] = []
    for target in targets_of(one.memberships):
        try:
            inventories.append(await read_inventory(clients, one.person.gid, target))
        except _REFUSED as error:  # it will be refused tomorrow, too
            unseen.append(f"Usher could not look at {target.workspace_name}: {error}")
    if any(not clients.for_workspace(one.workspace_gid).is_service for one in inventories):
        unseen.append(PRIVATE_UNSEEN)
    breakage = await read_breakage(clients, connection.pk, one.person.gid, inventories)
    things = [line for here in breakage.workspaces for line in _things(here, inventories)]
    unseen += [line for here in breakage.workspaces for line in _unseen(here)]
    if len(things) > NAMED:
        things = [*things[:NAMED], f"and {len(things) - NAMED:,} more"]
    return PrivateWork(things, " ".join(unseen))


def _things(here: WorkspaceBreakage, inventories: Sequence[Inventory]) -> Iterator[str]:
    inventory = next(one for one in inventories if one.workspace_gid == here.workspace_gid)
    private = {project.gid for project in inventory.projects if project.is_private}
    alone = here.only_member.items or []
    for project in sorted(alone, key=lambda one: one.gid not in private):
        is_private = "private, and nobody else is in it" if project.gid in private else "nobody else is in it"
        yield f"Project “{project.name or project.gid}” ({here.workspace}): {is_private}"
    for project in here.only_admin.items or []:
        yield f"Project “{project.name or project.gid}” ({here.workspace}): you are its only admin"
    for kind, owned in (
        ("Portfolio", here.portfolios),
        ("Goal", here.goals),
        ("Project template", here.templates),
    ):
        for item in owned.items or []:
            yield f"{kind} “{item.name or item.gid}” ({here.workspace}): you own it"
    tasks = sum(task.stands_alone for task in inventory.tasks)
    if tasks:
        yield f"{tasks:,} open {'task' if tasks == 1 else 'tasks'} in no project ({here.workspace})"


def _unseen(here: WorkspaceBreakage) -> Iterator[str]:
    kinds: tuple[tuple[str, BreakingItems], ...] = (
        ("who else is in your projects", here.only_member),
        ("your portfolios", here.portfolios),
        ("your goals", here.goals),
        ("your project templates", here.templates),
    )
    hidden = [kind for kind, found in kinds if found.items is None]
    if hidden:
        yield f"In {here.workspace}, Usher could not look at {', '.join(hidden)}."
    if any(found.items is not None and found.note for _, found in kinds):
        yield f"In {here.workspace} there is more than Usher has looked through."
