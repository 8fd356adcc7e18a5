"""The names of people in the roster whom audit log events refer to by gid only."""

from collections.abc import Iterable, Mapping

from usher.activity.events.sentences import unnamed_people
from usher.asana import AuditLogEvent
from usher.roster.models import Person


def names_for(events: Iterable[tuple[int, AuditLogEvent]]) -> Mapping[int, Mapping[str, str]]:
    """By connection and gid, in one query or none. `events` with their connections."""
    gids: dict[int, set[str]] = {}
    for connection_id, event in events:
        gids.setdefault(connection_id, set()).update(unnamed_people(event))
    names: dict[int, dict[str, str]] = {connection_id: {} for connection_id in gids}
    wanted = set[str]().union(*gids.values())
    if wanted:
        people = Person.objects.filter(
            connection__in=gids, gid__in=[gid for gid in wanted if "\0" not in gid]
        )
        for connection_id, gid, name, email in people.values_list("connection", "gid", "name", "email"):
            names[connection_id][gid] = name or email
    return names
