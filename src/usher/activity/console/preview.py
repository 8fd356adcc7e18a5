"""What a member CSV contains, before it is imported. For the page and the command."""

from collections.abc import Sequence
from datetime import date

import msgspec

from usher.activity.console.match import MemberMatch
from usher.activity.console.parse import ConsoleFile, ConsoleRow
from usher.activity.console.store import check, matches
from usher.activity.models import ConsoleImport
from usher.connections.models import Connection
from usher.csvfiles.dates import DateOrder
from usher.csvfiles.problems import FileProblem, UnreadableFile
from usher.roster.models import Person

SHOWN = 20
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
    "cp932": "Shift JIS",
}


class MatchedRow(msgspec.Struct, frozen=True):
    """A row and its person."""

    person: Person
    row: ConsoleRow


class ConsolePreview(msgspec.Struct, frozen=True):
    """Counts of the whole file, and the first 20 rows of each kind.

    `problems` say why it cannot be imported; `replaces` is the import of the same day that it would replace.
    """

    file: ConsoleFile
    file_format: str
    matched_count: int
    unmatched_count: int
    duplicate_count: int
    matched: list[MatchedRow]
    unmatched: list[ConsoleRow]
    duplicates: list[MemberMatch]
    replaces: ConsoleImport | None
    problems: list[FileProblem]

    @property
    def unread(self) -> list[FileProblem]:
        """The first rows that are left out, and the first cells that are read as empty."""
        return [*self.file.left_out[:SHOWN], *self.file.blanked[:SHOWN]]

    @property
    def asks_for_order(self) -> bool:
        return self.file.date_order == DateOrder.AMBIGUOUS

    @property
    def can_import(self) -> bool:
        return not self.asks_for_order and not self.problems


def preview(connection: Connection, parsed: ConsoleFile, exported_on: date) -> ConsolePreview:
    matching = matches(connection, parsed)
    problems: Sequence[FileProblem] = []
    try:
        check(connection, parsed, matching, exported_on)
    except UnreadableFile as error:
        problems = error.problems
    first = matching.matched[:SHOWN]
    people = {
        person.gid: person
        for person in Person.objects.filter(connection=connection, gid__in=[each.user_gid for each in first])
    }
    duplicates = matching.duplicates
    return ConsolePreview(
        file=parsed,
        file_format=_format_of(parsed),
        matched_count=len(matching.matched),
        unmatched_count=len(matching.unmatched),
        duplicate_count=sum(len(each.skipped) for each in duplicates),
        matched=[MatchedRow(people[each.user_gid], each.row) for each in first if each.user_gid in people],
        unmatched=matching.unmatched[:SHOWN],
        duplicates=duplicates[:SHOWN],
        replaces=ConsoleImport.objects.filter(connection=connection, exported_on=exported_on).first(),
        problems=list(problems),
    )


def _format_of(parsed: ConsoleFile) -> str:
    if not parsed.encoding:
        return "workbook"
    return f"{ENCODING_NAMES[parsed.encoding]}, {DELIMITER_NAMES[parsed.delimiter]}"
