"""Whether the database still has every entry of the ledger that this data folder has seen."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database
from django.utils import timezone

from usher.ledger.models import Entry, MissingHead
from usher.ledger.noted import NotedEntry, log_head, note, noted_anywhere, noted_here, place
from usher.platform.scope import whole_installation

AT_A_TIME = 500
COMPARED = 500
"""Of the newest lines, at each look."""


@dataclass(frozen=True)
class LedgerGap:
    """The database lacks entries that were there: it was restored, or the end of its ledger was cut off."""

    noted: NotedEntry
    """The newest entry that was seen."""
    head: str
    """The head that the database has, as NUMBER:HASH."""
    kept: NotedEntry | None
    """The newest entry that was seen and is still there."""
    missing: list[NotedEntry]
    """What was seen after that, oldest first."""


@whole_installation()
def find_gap() -> LedgerGap | None:
    """None while the ledger continues what was noted, or an admin has already looked at what is missing.

    Costs one query and the reading of a file as long as there is nothing to find.
    """
    noted = noted_here()  # before the query: another process may append in between
    if not noted:
        return _gap_at_first_sight()
    lost = _newest_lost(noted)
    if lost is None or _is_settled(lost):
        return None
    return _gap(lost, noted)


@whole_installation()
def note_head() -> str:
    """Notes the head of the database, as NUMBER:HASH, at the start of a process; empty without entries."""
    entry = Entry.objects.order_by("-number").first()
    if entry is None:
        return ""
    known = noted_here()
    if not known or max(each.number for each in known) < entry.number:
        note(NotedEntry(entry.at, place(), entry.number, entry.hash))
    log_head(entry.number, entry.hash)
    return f"{entry.number}:{entry.hash}"


@whole_installation()
def start_anew(at: datetime) -> None:
    """The head that the database has is right: what was noted before it no longer counts."""
    entry = Entry.objects.order_by("-number").first()
    number, digest = (entry.number, entry.hash) if entry else (0, "")
    note(NotedEntry(at, place(), number, digest, starts_anew=True))


def _gap_at_first_sight() -> LedgerGap | None:
    """The database may be one that was in use somewhere else, and was restored here under another name."""
    by_place: dict[str, list[NotedEntry]] = {}
    for entry in noted_anywhere():
        if entry.starts_anew:
            by_place[entry.place] = []
        by_place.setdefault(entry.place, []).append(entry)
    for noted in by_place.values():
        lost = _newest_lost(noted)
        if lost is not None and not _is_settled(lost):
            gap = _gap(lost, noted)
            if gap.kept is not None:  # otherwise it is the ledger of another Usher
                return gap
    return None


def _newest_lost(noted: list[NotedEntry]) -> NotedEntry | None:
    """The newest of these that the database does not have.

    The one with the highest number does not suffice: a restored ledger may have grown past it already.
    """
    looked_at = [*noted[-COMPARED:], max(noted, key=lambda entry: entry.number)]
    by_number = {(entry.number, entry.hash): entry for entry in looked_at if entry.number}
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT noted.number, noted.hash"
            " FROM unnest(%s::bigint[], %s::text[]) AS noted (number, hash)"
            " LEFT JOIN ledger_entry entry USING (number, hash)"
            " WHERE entry.number IS NULL OR noted.number > coalesce((SELECT max(number) FROM ledger_head), 0)"
            " ORDER BY noted.number DESC LIMIT 1",
            [[number for number, _ in by_number], [digest for _, digest in by_number]],
        )
        row = cursor.fetchone()
    return by_number[row[0], row[1]] if row else None


def _is_settled(noted: NotedEntry) -> bool:
    """Whatever another machine noted before an admin looked is covered by their answer."""
    settled = MissingHead.objects.exclude(settled_at=None)
    return (
        settled.filter(number=noted.number, hash=noted.hash).exists()
        or settled.filter(settled_at__gte=noted.at).exists()
    )


def _gap(newest: NotedEntry, noted: list[NotedEntry]) -> LedgerGap:
    in_order = sorted({(entry.number, entry.hash): entry for entry in noted}.values(), key=lambda e: e.number)
    kept, missing = _split(in_order)
    last = Entry.objects.order_by("-number").first()
    return LedgerGap(
        noted=newest,
        head=f"{last.number}:{last.hash}" if last else "",
        kept=kept,
        missing=missing,
    )


def _split(in_order: list[NotedEntry]) -> tuple[NotedEntry | None, list[NotedEntry]]:
    """The newest entry before those that are missing, and the missing ones, oldest first."""
    kept, missing = None, list[NotedEntry]()
    for start in range(0, len(in_order), AT_A_TIME):
        some = in_order[start : start + AT_A_TIME]
        there = dict(
            Entry.objects.filter(number__in=[entry.number for entry in some]).values_list("number", "hash")
        )
        for entry in some:
            if there.get(entry.number) != entry.hash:
                missing += [entry] if entry.number else []
            elif not missing:
                kept = entry
    return kept, missing


def keep(gap: LedgerGap, machine: str) -> bool:
    """Stores the gap for the page, until an admin has looked. False if it is stored already."""
    _, is_new = MissingHead.objects.get_or_create(
        number=gap.noted.number,
        hash=gap.noted.hash,
        defaults={
            "noted_at": gap.noted.at,
            "machine": machine,
            "database_head": gap.head,
            "kept_number": gap.kept.number if gap.kept else None,
            "kept_at": gap.kept.at if gap.kept else None,
            "missing": [as_missing(entry) for entry in gap.missing],
            "found_at": timezone.now(),
        },
    )
    return is_new


def as_missing(entry: NotedEntry | Entry) -> dict[str, object]:
    """What is known of an entry that the database no longer has."""
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "action": entry.action,
        "subject": entry.subject,
        "actor": entry.actor if isinstance(entry, NotedEntry) else entry.actor_name,
    }
