"""The newest member CSV of each connection, and the workspace that it is about."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import LiteralString

from django.db import connection as database

from usher.activity.models import ConsoleImport
from usher.connections.models import Connection
from usher.roster.models import Workspace

# Of each export: the workspace that most of its people are in, and active before ended.
MOST_OF_THEM: LiteralString = """
    SELECT DISTINCT ON (sighting.console_import_id) sighting.console_import_id, held.workspace_id
    FROM activity_consolesighting sighting
    JOIN activity_consoleimport import ON import.id = sighting.console_import_id
    JOIN roster_person person ON person.connection_id = import.connection_id AND person.gid = sighting.user_gid
    JOIN roster_membership held ON held.person_id = person.id
    WHERE sighting.console_import_id = ANY (%s) AND held.workspace_id = ANY (%s)
    GROUP BY sighting.console_import_id, held.workspace_id
    ORDER BY sighting.console_import_id, count(*) FILTER (WHERE held.status = 'active') DESC, count(*) DESC,
             held.workspace_id
"""


@dataclass(frozen=True)
class NewestExport:
    """A file to compare with. `workspace`: what it is about; None where Usher reads no workspace at all."""

    file: ConsoleImport
    connection: Connection
    workspace: Workspace | None


def newest_files(connections: Collection[Connection]) -> dict[int, ConsoleImport]:
    """By connection. The newest is that of the latest day of export, whenever it was imported."""
    files = ConsoleImport.objects.filter(connection__in=connections).select_related("imported_by")
    newest = files.order_by("connection_id", "-exported_on").distinct("connection_id")
    return {each.connection_id: each for each in newest}


def connection_to_compare(connections: Sequence[Connection], asked: int | None) -> Connection | None:
    """The one that is asked for, else the one whose file is the newest, else the first that is connected."""
    chosen = next((one for one in connections if one.pk == asked), None)
    if chosen is not None:
        return chosen
    files = newest_files(connections)
    with_file = [one for one in connections if one.pk in files]
    newest = max(with_file, key=lambda one: files[one.pk].exported_on, default=None)
    return newest or next((one for one in connections if one.is_connected), next(iter(connections), None))


def newest_exports(connections: Collection[Connection]) -> list[NewestExport]:
    """Of these connections, in their order; those without a file are left out. In at most three queries."""
    files = newest_files(connections)
    places: dict[int, list[Workspace]] = {}
    for workspace in Workspace.objects.filter(connection__in=files).exclude(
        left_out=Workspace.LeftOut.FILTER
    ):
        places.setdefault(workspace.connection_id, []).append(workspace)
    may_be = {pk: _that_export(found) for pk, found in places.items()}
    in_doubt = {pk: found for pk, found in may_be.items() if len(found) > 1}
    counted = _most_of_them(
        [files[pk] for pk in in_doubt], [each for some in in_doubt.values() for each in some]
    )
    return [
        NewestExport(file, one, _chosen(may_be.get(one.pk, []), counted.get(file.pk)))
        for one in connections
        if (file := files.get(one.pk))
    ]


def _that_export(workspaces: list[Workspace]) -> list[Workspace]:
    """Only organizations have an Admin Console with members to export."""
    return [each for each in workspaces if each.is_organization] or workspaces


def _most_of_them(files: Iterable[ConsoleImport], workspaces: Iterable[Workspace]) -> dict[int, int]:
    keys = [file.pk for file in files]
    if not keys:
        return {}
    with database.cursor() as cursor:
        cursor.execute(MOST_OF_THEM, [keys, [each.pk for each in workspaces]])
        return dict(cursor.fetchall())


def _chosen(workspaces: list[Workspace], key: int | None) -> Workspace | None:
    return next(
        (each for each in workspaces if each.pk == key), min(workspaces, key=attrgetter("pk"), default=None)
    )
