"""Invented people, and the truth about each of them."""

import random
from datetime import date, timedelta
from enum import StrEnum

import msgspec

TODAY = date(2026, 11, 25)
FIRST = [
    "Ada",
    "Bo",
    "Cleo",
    "Dag",
    "Ela",
    "Finn",
    "Gül",
    "Håkon",
    "Ines",
    "Jörg",
    "Käthe",
    "Lou",
    "Mira",
    "Noé",
    "Olga",
    "Pia",
    "Quin",
    "Rosa",
    "Søren",
    "Tove",
    "Uta",
    "Väinö",
]
LAST = [
    "Acker",
    "Brandt",
    "Çelik",
    "Dúarte",
    "Ekström",
    "Fabre",
    "Günther",
    "Holm",
    "Iversen",
    "Jansen",
    "Krüger",
    "López",
    "Meyer",
    "Nuñez",
    "Okafor",
]


class State(StrEnum):
    """What is true of somebody today."""

    HERE = "here"
    ON_LEAVE = "on leave"
    ON_NOTICE = "gave notice, works here, no last day yet"
    FIXED_TERM = "works here on a contract with an end"
    LEAVING = "leaving on a day that is known"
    LEFT = "left on a day"
    LEFT_NO_DAY = "left, no day is kept"
    REHIRED = "left once, hired again since"
    LEFTOVER = "works here, with a last day from long ago"
    OFF = "works here, sign-in switched off"


GONE = (State.LEFT, State.LEFT_NO_DAY)


class Worker(msgspec.Struct, frozen=True):
    """`last_day`: what a column of last days holds. `termination` may be some days later."""

    number: int
    first: str
    last: str
    state: State
    start: date
    is_contractor: bool
    last_day: date | None = None
    termination: date | None = None
    contract_end: date | None = None
    notice: date | None = None
    returns: date | None = None

    @property
    def email(self) -> str:
        return f"w{self.number}@company.example"

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


class Truth(msgspec.Struct, frozen=True):
    """Who works here today, and the last day where one is known."""

    works_here: bool
    last_day: date | None


def truth_of(worker: Worker, day: date | None) -> Truth:
    """`day` is the last day that the export can say."""
    match worker.state:
        case State.LEFT | State.LEFT_NO_DAY:
            return Truth(works_here=False, last_day=day)
        case State.LEAVING:
            return Truth(works_here=True, last_day=day)
        case _:
            return Truth(works_here=True, last_day=None)


def worker(number: int, state: State, rng: random.Random) -> Worker:
    def ago(fewest: int, most: int) -> date:
        return TODAY - timedelta(days=rng.randint(fewest, most))

    start, last_day, contract_end, notice, returns = ago(900, 9000), None, None, None, None
    match state:
        case State.ON_LEAVE:
            last_day = ago(1, 300) if rng.random() < 0.5 else None
            returns = TODAY + timedelta(days=rng.randint(1, 300))
        case State.ON_NOTICE:
            notice = ago(1, 60)
        case State.FIXED_TERM:
            contract_end = TODAY + timedelta(days=rng.randint(-60, 300))
        case State.LEAVING:
            last_day = TODAY + timedelta(days=rng.randint(0, 120))
            notice = ago(1, 60)
        case State.LEFT:
            last_day = ago(1, 800)
        case State.REHIRED:
            last_day = ago(60, 800)
            start = last_day + timedelta(days=rng.randint(1, 50))
        case State.LEFTOVER:
            last_day = ago(40, 800)
    is_long_ago = last_day is not None and last_day < TODAY - timedelta(days=3)
    has_gap = state == State.LEAVING or (state == State.LEFT and is_long_ago)
    gap = timedelta(days=rng.choice([0, 0, 3]) if has_gap else 0)
    return Worker(
        number=number,
        first=rng.choice(FIRST),
        last=rng.choice(LAST),
        state=state,
        start=start,
        is_contractor=rng.random() < 0.1,
        last_day=last_day,
        termination=last_day + gap if last_day and state != State.ON_LEAVE else None,
        contract_end=contract_end or (last_day if state in (State.LEFT, State.LEAVING) else None),
        notice=notice,
        returns=returns,
    )
