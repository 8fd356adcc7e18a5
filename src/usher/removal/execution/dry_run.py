"""What a removal would do, without opening a case for it."""

from asgiref.sync import async_to_sync

from usher.ledger.actors import Actor
from usher.removal.cases.opening import CaseRequest, draft_case
from usher.removal.cases.plan import steps_for
from usher.removal.execution.preview import RemovalPreview, preview_of
from usher.roster.models import Person


def dry_run(person: Person, request: CaseRequest, actor: Actor) -> RemovalPreview:
    """Stores nothing and changes nothing in Asana. Raises CannotOpen as opening the case would; AsanaError."""
    draft = draft_case(person, request, actor)
    return async_to_sync(preview_of)(draft.case, draft.targets, steps_for(draft.case, draft.targets))
