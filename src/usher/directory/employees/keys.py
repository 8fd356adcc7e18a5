"""Employees of a list whose IDs are not those that are stored: written otherwise, new, gone, or given to others.

An ID that is only written otherwise is the same ID. Many new IDs at once are a question, and so is an ID under which
the list now has another name and another address. Works on the temporary table `listed` of `bulk`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, LiteralString

import msgspec

from usher.directory.employees.list_tally import ListTally, NewIds, is_many
from usher.directory.employees.records import LeftOut
from usher.directory.limits import LONGEST_ADDRESS
from usher.directory.models import Source
from usher.directory.normalise import normal_address

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

EXAMPLES = 10


class SamePeople(StrEnum):
    """What a person says about many new IDs."""

    SAME = "same"
    OTHERS = "others"


class ReusedAs(StrEnum):
    """What a person says about an ID with another name and another address."""

    SAME = "same"
    NEW = "new"
    LEAVE_OUT = "leave_out"


class KeyAnswers(msgspec.Struct, frozen=True):
    """`reused`: ID → what it is; under "" what holds for all others."""

    new_ids: SamePeople | None = None
    reused: Mapping[str, ReusedAs] = {}

    def reused_as(self, key: str) -> ReusedAs | None:
        return self.reused.get(key) or self.reused.get("")


class KeyPair(msgspec.Struct, frozen=True):
    """A stored key that the list does not have, and one that is new in the list."""

    old: str
    new: str
    is_certain: bool
    same_address: bool
    agrees: bool
    has_left: bool
    name: str


ID_FORM: LiteralString = r"""regexp_replace(regexp_replace(regexp_replace(lower(key), '^(\d+)\.0+$', '\1'),
    '[^[:alnum:]]', '', 'g'), '(^|[^0-9])0+(?=[0-9])', '\1', 'g')"""
"""One spelling for the same ID written otherwise: "00123", "123" and "123.0"; "E-123" and "e123"."""

FIND_PAIRS: LiteralString = f"""
    WITH missing AS (
        SELECT key, addresses[1] AS address, name_key, name,
               NOT is_active OR coalesce(last_day < %(today)s, FALSE) OR absence_accepted_at IS NOT NULL AS has_left,
               {ID_FORM} AS form
        FROM directory_employee stored
        WHERE source_id = %(source)s AND NOT EXISTS (SELECT FROM listed same WHERE same.key = stored.key)
    ), fresh AS (
        SELECT key, nullif(address, '') AS address, name_key, name,
               {ID_FORM} AS form
        FROM listed
        WHERE NOT EXISTS (
            SELECT FROM directory_employee same WHERE same.source_id = %(source)s AND same.key = listed.key
        )
    ), pairs AS (
        SELECT missing.key AS old, fresh.key AS new, missing, fresh
        FROM missing JOIN fresh ON fresh.address = missing.address
        UNION
        SELECT missing.key, fresh.key, missing, fresh
        FROM missing JOIN fresh ON fresh.name_key = missing.name_key AND missing.name_key <> ''
    )
    SELECT old, new,
           coalesce(same_address AND (old = (missing).address OR new = (fresh).address), FALSE)
               OR ((missing).form = (fresh).form AND (missing).form <> '') AS is_certain,
           coalesce(same_address, FALSE),
           coalesce(same_address, FALSE) AND (
               ((missing).name_key = (fresh).name_key AND (missing).name_key <> '')
               OR lower((missing).name) = lower((fresh).name) OR (missing).name = '' OR (fresh).name = ''
           ),
           (missing).has_left,
           coalesce(nullif((missing).name, ''), (missing).address, old)
    FROM (SELECT *, (missing).address = (fresh).address AS same_address FROM pairs) AS compared
    ORDER BY old, new
"""  # noqa: S608 - both parts are literals

COUNT_MISSING: LiteralString = """
    SELECT count(*) FROM directory_employee stored
    WHERE source_id = %(source)s AND is_active AND is_listed AND (last_day IS NULL OR last_day >= %(today)s)
      AND NOT EXISTS (SELECT FROM listed same WHERE same.key = stored.key)
"""

TAKE_NEW_KEYS: LiteralString = """
    UPDATE directory_employee stored SET key = renamed.new
    FROM unnest(%(old)s::text[], %(new)s::text[]) AS renamed (old, new)
    WHERE stored.source_id = %(source)s AND stored.key = renamed.old
"""

FIND_REUSED: LiteralString = """
    SELECT listed.line, listed.key, stored.id, stored.name, stored.email, listed.name, listed.email, listed.address,
           listed.other_addresses, stored.addresses::text[] || stored.past_addresses::text[],
           EXISTS (
               SELECT FROM directory_employee other
               WHERE other.source_id = %(source)s AND other.id <> stored.id
                 AND other.addresses @> ARRAY[listed.address]::varchar[]
                 AND (lower(other.name) = lower(listed.name)
                      OR (other.name_key = listed.name_key AND listed.name_key <> ''))
           )
    FROM listed JOIN directory_employee stored ON stored.source_id = %(source)s AND stored.key = listed.key
    WHERE stored.name <> '' AND listed.name <> '' AND lower(stored.name) <> lower(listed.name)
      AND (stored.name_key = '' OR stored.name_key <> listed.name_key)
      AND listed.address <> '' AND stored.addresses <> '{}'
      AND listed.address <> ALL (stored.addresses::text[] || stored.past_addresses::text[])
    ORDER BY listed.line
"""

GIVE_UP_KEYS: LiteralString = """
    UPDATE directory_employee stored SET key = given_up.key
    FROM unnest(%(employees)s::bigint[], %(keys)s::text[]) AS given_up (id, key)
    WHERE stored.id = given_up.id
"""
GIVEN_UP = " (until employee "
"""In the key of an employee whose ID somebody else has now."""


def settle_keys(
    cursor: "CursorWrapper", source: Source, today: date, tally: ListTally, said: KeyAnswers
) -> None:
    """Gives employees the keys that the list has for them, and notes in `tally` what is to be asked.

    Until it is answered, many new IDs count as those of the same people, and rows with a reused ID as not there.
    """
    _settle_reused(cursor, source, tally, said)
    parameters: dict[str, int | date] = {"source": source.pk, "today": today}
    cursor.execute(FIND_PAIRS, parameters)
    pairs = [KeyPair(*row) for row in cursor.fetchall()]
    certain = _one_to_one(pair for pair in pairs if pair.is_certain)
    agreeing = _one_to_one((pair for pair in pairs if pair.agrees), certain)
    same_address = _one_to_one((pair for pair in pairs if pair.same_address), certain, agreeing)
    same_name = _one_to_one(pairs, certain, agreeing, same_address)
    _rename(cursor, source, certain)
    here = [pair for pair in (*agreeing, *same_address, *same_name) if not pair.has_left]
    if here and is_many(len(here), tally.here_before):
        cursor.execute(COUNT_MISSING, parameters)
        if said.new_ids is None:
            by_name = sum(not pair.has_left for pair in same_name)
            names = tuple(
                f"{pair.name}: {pair.old.partition(GIVEN_UP)[0]} → {pair.new}" for pair in here[:EXAMPLES]
            )
            tally.new_ids = NewIds(len(here) - by_name, by_name, cursor.fetchone()[0], names)
        if said.new_ids != SamePeople.OTHERS:
            _rename(cursor, source, [*agreeing, *same_address, *same_name])
    else:
        _rename(cursor, source, [pair for pair in agreeing if not pair.has_left])


def _one_to_one(pairs: Iterable[KeyPair], *taken: list[KeyPair]) -> list[KeyPair]:
    """Those of which neither key is in another one, nor in those that are taken."""
    old_taken = {pair.old for those in taken for pair in those}
    new_taken = {pair.new for those in taken for pair in those}
    free = [pair for pair in pairs if pair.old not in old_taken and pair.new not in new_taken]
    old, new = Counter(pair.old for pair in free), Counter(pair.new for pair in free)
    return [pair for pair in free if old[pair.old] == 1 and new[pair.new] == 1]


def _rename(cursor: "CursorWrapper", source: Source, pairs: list[KeyPair]) -> None:
    if pairs:
        parameters = {"old": [pair.old for pair in pairs], "new": [pair.new for pair in pairs]}
        cursor.execute(TAKE_NEW_KEYS, parameters | {"source": source.pk})


def _settle_reused(cursor: "CursorWrapper", source: Source, tally: ListTally, said: KeyAnswers) -> None:
    """A row that has the name and the address of another employee is theirs: the IDs were given out anew."""
    cursor.execute(FIND_REUSED, {"source": source.pk})
    passed_over: list[int] = []
    given_up: dict[int, str] = {}
    for line, key, employee, old_name, old_email, name, email, *rest in cursor.fetchall():
        address, others, known, is_another = rest
        further = map(normal_address, msgspec.json.decode(others, type=list[str]))
        if not set(known).isdisjoint(further):
            continue
        text = f"ID {key} is of {old_name} <{old_email}>, and now of {name} <{email}>."
        match ReusedAs.NEW if is_another else said.reused_as(key):
            case ReusedAs.SAME:
                continue
            case ReusedAs.NEW:
                given_up[employee] = f"{key[: LONGEST_ADDRESS - 40]}{GIVEN_UP}{employee})"
                continue
            case ReusedAs.LEAVE_OUT:
                tally.leave_out(LeftOut(line, text, key, address, name, by_choice=True))
            case _:
                row = LeftOut(line, text, key, address, name)
                tally.reused_ids.append(row)
                tally.unread.add(row)
        passed_over.append(line)
    if given_up:
        cursor.execute(GIVE_UP_KEYS, {"employees": list(given_up), "keys": list(given_up.values())})
    if passed_over:
        cursor.execute("DELETE FROM listed WHERE line = ANY(%s)", [passed_over])
