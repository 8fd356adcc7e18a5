"""What a person owns in Asana right now, before any case is opened."""

from usher.connections.client import not_for_long
from usher.connections.pace.budget import Urgency
from usher.removal.execution.clients import asana_clients
from usher.removal.execution.inventory import Inventory, read_inventory
from usher.removal.models import Target
from usher.roster.models import Membership, Person, Status
from usher.roster.query import memberships


async def owned_by(person: Person) -> list[Inventory]:
    """By workspace; changes nothing. Raises AsanaError, such as Unavailable after some seconds."""
    active = memberships(person.connection).filter(person=person, status=Status.ACTIVE)
    targets = [_target(membership) async for membership in active.order_by("workspace__name")]
    async with not_for_long(), asana_clients(person.connection, Urgency.PERSON) as clients:
        return [await read_inventory(clients, person.gid, target) for target in targets]


def _target(membership: Membership) -> Target:
    return Target(workspace_gid=membership.workspace.gid, workspace_name=membership.workspace.name)
