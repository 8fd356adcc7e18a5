"""Importing a member CSV: as a whole, for one day."""

from datetime import date, timedelta

from django.db import transaction

from usher.activity.console.headers import DATES, MemberField
from usher.activity.console.match import MemberMatches, match
from usher.activity.console.parse import ConsoleFile
from usher.activity.console.unmatched import forget_unmatched, keep_unmatched, sighting_of
from usher.activity.locks import lock_figures
from usher.activity.models import ConsoleImport, ConsoleSighting
from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.csvfiles.dates import DateOrder
from usher.csvfiles.problems import FileProblem, UnreadableFile, unreadable
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.record import record
from usher.roster.models import Person

CLOCKS_APART = timedelta(days=1)
"""A file may contain the next day: the console uses another time zone than the connection."""


def matches(connection: Connection, parsed: ConsoleFile) -> MemberMatches:
    people = Person.objects.filter(connection=connection).values_list("gid", "email")
    return match(parsed.rows, people.iterator(chunk_size=5_000))


def check(connection: Connection, parsed: ConsoleFile, matching: MemberMatches, exported_on: date) -> None:
    """Raises UnreadableFile if the file cannot be from this connection, or not from this day."""
    if exported_on > today_of(connection) + CLOCKS_APART:
        raise unreadable(f"{exported_on} is in the future.", "Enter the day on which the file was exported.")
    late = [
        FileProblem(
            f"{day} is after the day of the export, {exported_on}.",
            "Correct the day of the export, or choose the other order of day and month.",
            row.line,
            parsed.columns[field],
        )
        for row in parsed.rows
        for field, day in zip(DATES, (row.joined_on, row.first_login_on, row.last_activity_on), strict=True)
        if day is not None and day > exported_on + CLOCKS_APART
    ]
    if late:
        raise UnreadableFile(late)
    if not matching.matched:
        raise unreadable(
            f"None of the {len(parsed.rows):,} rows is about a person in “{connection.name}”.",
            "Check that the file is from this Asana account, and that the account has been synced.",
            column=parsed.columns[MemberField.EMAIL],
        )


def store(
    connection: Connection, parsed: ConsoleFile, exported_on: date, file_name: str, actor: Actor
) -> ConsoleImport:
    """Imports a file, which replaces an earlier one of the same day, and brings last use up to date.

    All or nothing. Raises UnreadableFile.
    """
    from usher.activity.usage.compute import recompute_console

    if parsed.date_order == DateOrder.AMBIGUOUS:
        raise unreadable(
            f"“{parsed.unclear_date}” can be read in two ways.",
            "Say whether the month or the day comes first.",
        )
    with transaction.atomic():
        lock_figures(connection)
        # One import of a connection at a time, so that two of the same day cannot both be stored.
        Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        matching = matches(connection, parsed)
        check(connection, parsed, matching, exported_on)
        earlier = ConsoleImport.objects.filter(connection=connection, exported_on=exported_on)
        replaced = earlier.first()
        earlier.delete()
        stored = ConsoleImport.objects.create(
            connection=connection,
            exported_on=exported_on,
            file_name=file_name[-255:],
            rows=len(parsed.rows),
            matched=len(matching.matched),
            imported_by_id=actor.user_id,
            keeps_unmatched=not connection.console_imports.filter(exported_on__gt=exported_on).exists(),
        )
        ConsoleSighting.objects.bulk_create(
            (sighting_of(stored, each.user_gid, each.row) for each in matching.matched), batch_size=5_000
        )
        if stored.keeps_unmatched:
            forget_unmatched(connection.console_imports.exclude(pk=stored.pk))
            keep_unmatched(stored, matching.unmatched)
        recompute_console(connection, today_of(connection))
        record(
            actor,
            "console.imported",
            f"member CSV of {exported_on} for connection {connection.pk}: “{connection.name}”",
            before=_summary(replaced) if replaced else None,
            after=_summary(stored),
            connection=connection.pk,
        )
    return stored


def _summary(console_import: ConsoleImport) -> JSON:
    return {
        "file_name": console_import.file_name,
        "rows": console_import.rows,
        "matched": console_import.matched,
    }
