"""What usage is, said a second time and as plainly as can be: the tests hold the SQL against it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

GAP = timedelta(minutes=30)


@dataclass(frozen=True)
class Moment:
    """One piece of evidence. `kind`: human (audit log), automated (audit log) or stream."""

    user: str
    at: datetime
    kind: str


@dataclass
class Day:
    human: int = 0
    automated: int = 0
    sessions: int = 0
    milliseconds: int = 0
    last_human_at: datetime | None = None

    @property
    def seconds(self) -> int:
        """Rounded, halves up, as PostgreSQL does."""
        return (self.milliseconds + 500) // 1000


@dataclass
class Lived:
    sessions: list[tuple[datetime, datetime, int]] = field(default_factory=list)
    days: dict[date, Day] = field(default_factory=lambda: defaultdict(Day))


def lived(moments: list[Moment], zone: ZoneInfo) -> dict[str, Lived]:
    result: dict[str, Lived] = defaultdict(Lived)
    for user in {moment.user for moment in moments}:
        own = [moment for moment in moments if moment.user == user]
        machine_seconds = {moment.at.replace(microsecond=0) for moment in own if moment.kind == "automated"}
        human = sorted(
            moment.at
            for moment in own
            if moment.kind == "human"
            or (moment.kind == "stream" and moment.at.replace(microsecond=0) not in machine_seconds)
        )
        person = result[user]
        for at in human:
            if person.sessions and at - person.sessions[-1][1] <= GAP:
                start, _, actions = person.sessions[-1]
                person.sessions[-1] = (start, at, actions + 1)
            else:
                person.sessions.append((at, at, 1))
            day = person.days[at.astimezone(zone).date()]
            day.human += 1
            day.last_human_at = at
        for start, end, _ in person.sessions:
            day = person.days[start.astimezone(zone).date()]
            day.sessions += 1
            day.milliseconds += (end - start) // timedelta(milliseconds=1) + 60_000
        for moment in own:
            if moment.kind == "automated":
                person.days[moment.at.astimezone(zone).date()].automated += 1
    return result
