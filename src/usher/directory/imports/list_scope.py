"""Whose list a file is: the connections of its source, and who may decide with it."""

from usher.directory.models import Source
from usher.platform.scope import Scope, current_scope
from usher.refusals import Refused


def scope_of_list(source: Source | str | None) -> Scope:
    """The people with whom a list is compared: of the connections of its source. A new one is its owner's."""
    if isinstance(source, Source):
        return Scope.of(source.connections, current_scope().viewer)
    return current_scope()


def check_scope_of(source: Source | str) -> None:
    """Raises Refused where the list also decides about people whom the user does not see."""
    if not current_scope().covers(scope_of_list(source)):
        raise Refused(
            f"“{source}” also lists people of connections that you do not see.",
            "Upload your list as a source of its own, or ask somebody who sees all of them.",
        )
