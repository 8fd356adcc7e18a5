"""When a person uses Asana on one day: moments of human use, drawn from one random generator."""

from collections.abc import Callable
from typing import NamedTuple

from usher.sandbox.company.personas import Kind

Draw = Callable[[], float]
HOUR = 3_600
LONGEST_SESSION_MS = 6 * HOUR * 1_000
"""This also keeps sessions that start before midnight out of the hours in which automations run."""


class Rhythm(NamedTuple):
    share: float
    """The share of working days on which this kind of person uses Asana."""
    starts: tuple[float, ...]
    """Hours of the local day around which sessions may start. A day has some of them."""
    most_sessions: int
    most_actions: int
    signs_in: float
    """The probability that a day starts with a sign-in that the audit log shows."""
    audited: float
    """The share of actions that the audit log shows."""
    weekdays: int = 5


_OFFICE = Rhythm(0.92, (8.2, 10.4, 13.2, 15.3), 4, 12, 0.25, 0.05)
RHYTHMS: dict[Kind, Rhythm] = {
    "office worker": _OFFICE,
    "stopped": _OFFICE,
    "heavy admin": _OFFICE._replace(signs_in=0.6, audited=0.5),
    "long session": _OFFICE._replace(signs_in=0.015, audited=0.002),
    "part-timer": _OFFICE._replace(starts=(8.4, 10.5), most_sessions=2, weekdays=3),
    "light user": Rhythm(0.12, (9.0, 14.5, 17.0), 1, 4, 0.3, 0.05),
    "night worker": Rhythm(0.8, (2.0, 21.6, 22.8), 2, 16, 0.25, 0.05),
    "guest": Rhythm(0.05, (10.0, 15.0), 1, 5, 0.5, 0.05),
    "signs in only": Rhythm(0.25, (8.5, 13.0), 1, 1, 1.0, 0.0),
}
AT_WEEKENDS = 0.03


def moments(rhythm: Rhythm, draw: Draw) -> list[int]:
    """Milliseconds since local midnight, ascending. Sessions may overlap or end after midnight."""
    actions: list[int] = []
    count = 1 + int(draw() * rhythm.most_sessions)
    starts = rhythm.starts
    skip = len(starts) - count
    for hours in starts:
        if skip > 0 and draw() < 0.5:
            skip -= 1
            continue
        if count == 0:
            break
        count -= 1
        actions += session(int((hours + draw()) * HOUR * 1_000), 1 + int(draw() * rhythm.most_actions), draw)
    actions.sort()
    return actions


def session(start: int, actions: int, draw: Draw) -> list[int]:
    at, end = start, start + LONGEST_SESSION_MS
    times = [start]
    for _ in range(actions - 1):
        at += _gap(draw)
        if at > end:
            break
        times.append(at)
    return times


def _gap(draw: Draw) -> int:
    """Milliseconds to the next action: mostly some minutes, sometimes close to half an hour."""
    which = draw()
    if which < 0.70:
        return 5_000 + int(draw() * 300_000)
    if which < 0.90:
        return 300_000 + int(draw() * 1_200_000)
    if which < 0.92:
        return 0
    if which < 0.94:
        return 1_795_000 + int(draw() * 5_000)
    if which < 0.95:
        return 1_800_000
    if which < 0.97:
        return 1_800_001 + int(draw() * 8_000)
    return 1_810_000 + int(draw() * 900_000)
