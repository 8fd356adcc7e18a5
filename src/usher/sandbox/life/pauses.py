"""Licences that were paused in the console and billed again later, which only the audit log shows."""

from __future__ import annotations

from datetime import date

from usher.sandbox.audit_log.event_types import PAUSED, UNPAUSED
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.company.timeline import DAY

Paused = tuple[int, int, int]
"""Moment in milliseconds, event type, and the number of the person."""
_ONE_IN = 40


def founded_pauses(company: Company, workspace: Workspace) -> dict[int, list[Paused]]:
    """By UTC day. Each is of a member with a licence; about half of them end."""
    by_day: dict[int, list[Paused]] = {}
    anchor = (company.anchor - date(1970, 1, 1)).days
    for number in workspace.members:
        membership = company.memberships[number]
        drawn = mix(company.seed, number, 108)
        if drawn % _ONE_IN or not company.founded(membership):
            continue
        first = anchor - 60 + drawn // _ONE_IN % 200
        ends = [] if drawn // 8_192 % 2 else [(first + 10 + drawn // 16_384 % 40, UNPAUSED)]
        for day, kind in ((first, PAUSED), *ends):
            at = day * DAY + 9 * 3_600 + drawn % 3_600
            now = membership.at(at)
            if now is not None and now.status == "active" and now.licence == "member":
                by_day.setdefault(day, []).append((at * 1_000, kind, membership.person))
    return by_day
