"""Storing matches: what is wanted is compared with what is stored, and only the differences are written.

Decisions that people made by hand stay as they are, except for whether they count.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import LiteralString

import msgspec
from django.db import connection as database
from django.utils import timezone

from usher.directory.matching.rules import MatchResult
from usher.directory.models import Match

Parameters = dict[str, list[int | str | bool] | list[int] | datetime | None]
MatchRow = tuple[int, int, str, str, str, bool]
"""A match as STORED_COLUMNS name its parts."""

STORED_COLUMNS = ("person_id", "employee_id", "state", "how", "reason", "counts")

MAKE_WANTED: LiteralString = """
    CREATE TEMPORARY TABLE wanted_match (
        person_id bigint, employee_id bigint, state text, how text, reason text, counts boolean
    ) ON COMMIT DROP
"""

COPY_WANTED: LiteralString = (
    "COPY wanted_match (person_id, employee_id, state, how, reason, counts) FROM STDIN"
)

WANTED_ROWS: LiteralString = """
    WITH wanted_match AS (
        SELECT * FROM unnest(
            %(person)s::bigint[], %(employee)s::bigint[], %(state)s::text[], %(how)s::text[], %(reason)s::text[],
            %(counts)s::boolean[]
        ) AS given (person_id, employee_id, state, how, reason, counts)
    )
"""

FORGET: LiteralString = """
    DELETE FROM directory_match known
    WHERE known.state <> 'rejected' AND known.how <> 'hand'
      AND (%(people)s::bigint[] IS NULL OR known.person_id = ANY(%(people)s::bigint[]))
      AND NOT EXISTS (
          SELECT FROM wanted_match wanted
          WHERE wanted.person_id = known.person_id AND wanted.employee_id = known.employee_id
      )
"""

# Before another takes its place: only one match of a person counts at any time.
COUNT_NO_MORE: LiteralString = """
    UPDATE directory_match known SET counts = FALSE
    WHERE known.counts
      AND (%(people)s::bigint[] IS NULL OR known.person_id = ANY(%(people)s::bigint[]))
      AND NOT EXISTS (
          SELECT FROM wanted_match wanted
          WHERE wanted.person_id = known.person_id AND wanted.employee_id = known.employee_id AND wanted.counts
      )
"""

CHANGE: LiteralString = """
    UPDATE directory_match known SET
        state = wanted.state, how = wanted.how, counts = wanted.counts,
        reason = CASE known.how WHEN 'hand' THEN known.reason ELSE wanted.reason END,
        made_at = CASE known.state WHEN wanted.state THEN known.made_at ELSE %(now)s END
    FROM wanted_match wanted
    WHERE wanted.person_id = known.person_id AND wanted.employee_id = known.employee_id
      AND known.state <> 'rejected'
      AND (known.state, known.how, known.counts, CASE known.how WHEN 'hand' THEN '' ELSE known.reason END)
          <> (wanted.state, wanted.how, wanted.counts, CASE known.how WHEN 'hand' THEN '' ELSE wanted.reason END)
"""

ADD: LiteralString = """
    INSERT INTO directory_match (person_id, employee_id, state, how, reason, counts, by, made_at)
    SELECT wanted.person_id, wanted.employee_id, wanted.state, wanted.how, wanted.reason, wanted.counts, '', %(now)s
    FROM wanted_match wanted
    WHERE NOT EXISTS (
        SELECT FROM directory_match known
        WHERE known.person_id = wanted.person_id AND known.employee_id = wanted.employee_id
    )
    ORDER BY wanted.person_id, wanted.employee_id
"""


class MatchesWritten(msgspec.Struct, frozen=True):
    """How many matches and proposals were made, changed and taken back."""

    made: int
    changed: int
    taken_back: int

    @property
    def total(self) -> int:
        return self.made + self.changed + self.taken_back


def row_of(result: MatchResult) -> MatchRow:
    state = Match.State.MATCHED if result.is_match else Match.State.PROPOSED
    return result.person, result.employee, state.value, result.how, result.reason[:255], result.counts


def store_for_everybody(rows: Iterable[MatchRow]) -> MatchesWritten:
    """`rows` are all matches and proposals that there should be."""
    with database.cursor() as cursor:
        cursor.execute(MAKE_WANTED)
        with cursor.copy(COPY_WANTED) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("CREATE INDEX ON wanted_match (person_id, employee_id)")
        cursor.execute("ANALYZE wanted_match")
        written = _write("", {"people": None})
        cursor.execute("DROP TABLE wanted_match")
    return written


def store_for(people: Sequence[int], rows: Sequence[MatchRow], stored: Sequence[MatchRow]) -> MatchesWritten:
    """`rows` are all that these people should have, `stored` all that they have."""
    if set(rows) == {row for row in stored if row[2] != Match.State.REJECTED}:
        return MatchesWritten(0, 0, 0)
    columns = zip(*rows, strict=True) if rows else [()] * len(STORED_COLUMNS)
    names = ("person", "employee", "state", "how", "reason", "counts")
    parameters: Parameters = {name: list(column) for name, column in zip(names, columns, strict=True)}
    return _write(WANTED_ROWS, {**parameters, "people": list(people)}, only_new=not stored)


def _write(source: LiteralString, parameters: Parameters, *, only_new: bool = False) -> MatchesWritten:
    """`source` defines wanted_match where it is no table. `only_new`: nothing is stored yet that could change."""
    parameters = {**parameters, "now": timezone.now()}
    with database.cursor() as cursor:
        if only_new:
            cursor.execute(source + ADD, parameters)
            return MatchesWritten(cursor.rowcount, 0, 0)
        cursor.execute(source + FORGET, parameters)
        taken_back = cursor.rowcount
        cursor.execute(source + COUNT_NO_MORE, parameters)
        cursor.execute(source + CHANGE, parameters)
        changed = cursor.rowcount
        cursor.execute(source + ADD, parameters)
        return MatchesWritten(cursor.rowcount, changed, taken_back)
