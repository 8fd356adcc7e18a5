"""Where in Asana a licence is paused."""

from django.conf import settings

from usher.roster.models import Workspace


def members_page(workspace: Workspace) -> str:
    """The members of an organization in the Admin Console, which only an Asana admin can open."""
    return f"{settings.USHER_ASANA_URL}/admin/{workspace.gid}/members"
