"""Who is in the newest member CSV and not in Usher: kept, and matched again when a sync has read new people."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from usher.activity.console.match import MemberMatch, match, newest_row
from usher.activity.console.parse import ConsoleRow
from usher.activity.locks import lock_figures
from usher.activity.models import ConsoleImport, ConsoleSighting, UnmatchedMember
from usher.activity.usage.compute import recompute_console
from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.csvfiles.text import folded
from usher.roster.models import Person

AT_ONCE = 5_000


def keep_unmatched(stored: ConsoleImport, rows: Iterable[ConsoleRow]) -> None:
    """Of several rows with one address, the one with the newest activity."""
    people: dict[str, list[ConsoleRow]] = {}
    for row in rows:
        people.setdefault(folded(row.email) or row.gid, []).append(row)
    UnmatchedMember.objects.bulk_create(
        (
            UnmatchedMember(
                console_import=stored,
                line=row.line,
                gid=row.gid,
                email=row.email,
                name=row.name,
                joined_on=row.joined_on,
                first_login_on=row.first_login_on,
                last_activity_on=row.last_activity_on,
                has_never_logged_in=row.has_never_logged_in,
            )
            for row in map(newest_row, people.values())
        ),
        batch_size=AT_ONCE,
    )


def forget_unmatched(earlier: QuerySet[ConsoleImport]) -> None:
    """A newer file has come: nobody asks any more whom these had."""
    UnmatchedMember.objects.filter(console_import__in=earlier).delete()
    earlier.filter(keeps_unmatched=True).update(keeps_unmatched=False)


def match_again(connection: Connection) -> int:
    """Matches them with the people of now, as if the file had been imported now. Returns how many were found."""
    if not UnmatchedMember.objects.filter(console_import__connection=connection).exists():
        return 0
    with transaction.atomic():
        lock_figures(connection)
        Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)  # as an import does
        kept = _unmatched(connection)
        people = Person.objects.filter(connection=connection).values_list("gid", "email")
        found = match((_row_of(each) for each in kept), people.iterator(chunk_size=AT_ONCE)).matched
        if found:
            _as_sightings(kept[0].console_import, kept, found)
            recompute_console(connection, today_of(connection))
    return len(found)


def sighting_of(stored: ConsoleImport, user_gid: str, row: ConsoleRow) -> ConsoleSighting:
    return ConsoleSighting(
        console_import=stored,
        user_gid=user_gid,
        joined_on=row.joined_on,
        first_login_on=row.first_login_on,
        last_activity_on=row.last_activity_on,
        has_never_logged_in=row.has_never_logged_in,
    )


def _unmatched(connection: Connection) -> list[UnmatchedMember]:
    kept = UnmatchedMember.objects.filter(console_import__connection=connection)
    return list(kept.select_related("console_import").order_by("line"))


def _as_sightings(
    stored: ConsoleImport, kept: Iterable[UnmatchedMember], found: Iterable[MemberMatch]
) -> None:
    """Somebody who is in the file by another row, too, stays as that row says."""
    keys = {each.line: each.pk for each in kept}
    found = list(found)
    known = set(
        stored.sightings.filter(user_gid__in=[each.user_gid for each in found]).values_list(
            "user_gid", flat=True
        )
    )
    new = [each for each in found if each.user_gid not in known]
    ConsoleSighting.objects.bulk_create(
        (sighting_of(stored, each.user_gid, each.row) for each in new), batch_size=AT_ONCE
    )
    lines = [row.line for each in found for row in (each.row, *each.skipped)]
    UnmatchedMember.objects.filter(pk__in=[keys[line] for line in lines]).delete()
    ConsoleImport.objects.filter(pk=stored.pk).update(matched=stored.matched + len(new))


def _row_of(kept: UnmatchedMember) -> ConsoleRow:
    return ConsoleRow(
        line=kept.line,
        email=kept.email,
        gid=kept.gid,
        name=kept.name,
        joined_on=kept.joined_on,
        first_login_on=kept.first_login_on,
        last_activity_on=kept.last_activity_on,
        has_never_logged_in=kept.has_never_logged_in,
    )
