"""The rows of one export."""

import random
from datetime import date

from tests.support.exports.days import Writing, no_day
from tests.support.exports.people import GONE, State, Truth, Worker, truth_of
from tests.support.exports.systems import System

DEPARTMENTS = ("Sales", "IT", "Support, second level", "R&D", "Finanzen", "Count of things")
FOLLOW = {
    State.ON_NOTICE: State.HERE,
    State.FIXED_TERM: State.HERE,
    State.REHIRED: State.HERE,
    State.LEFTOVER: State.HERE,
    State.OFF: State.HERE,
    State.LEFT_NO_DAY: State.LEFT,
    State.LEAVING: State.HERE,
    State.ON_LEAVE: State.HERE,
}
"""Whose word stands where a system has none for a state."""


def cell(
    kind: str, worker: Worker, boss: Worker, system: System, writing: Writing, rng: random.Random
) -> str:
    """What stands in a column of this kind."""
    day = _day(kind, worker)
    if day is not False:
        return writing.write(day) if day else no_day(writing, rng)
    gone = worker.state in GONE
    match kind:
        case "id":
            return f"{worker.number:05}"
        case "guid":
            return f"{worker.number:08x}-1111-4222-8333-0123456789ab"
        case "account":
            return f"{worker.first[0]}{worker.last}{worker.number}".lower()
        case "first" | "last" | "name" | "email":
            return str(getattr(worker, kind))
        case "last_first":
            return f"{worker.last}, {worker.first}"
        case "private":
            return f"{worker.first.lower()}{worker.number}@mail.example" if rng.random() < 0.7 else ""
        case "proxies":
            return f"SMTP:{worker.email};smtp:{worker.number}@company.example"
        case "status":
            return _word(system.words, worker, rng)
        case "second":
            return _word(system.second_words, worker, rng)
        case "kind":
            return "Contractor" if worker.is_contractor else "Employee"
        case "department":
            return rng.choice(DEPARTMENTS)
        case "manager_email":
            return boss.email
        case "manager_id":
            return f"{boss.number:05}"
        case "manager_name":
            return boss.name
        case "manager_last_first":
            return f"{boss.last}, {boss.first}"
        case "manager_path":
            return path_of(boss)
        case "path":
            return path_of(worker)
        case "off":
            return "True" if gone else "False"
        case "on":
            return "False" if gone else "True"
        case "bits":
            return rng.choice(("514", "66050")) if gone else rng.choice(("512", "66048", "544"))
    return _constant(kind, rng)


def _constant(kind: str, rng: random.Random) -> str:
    match kind:
        case "no":
            return "False"
        case "never":
            return rng.choice(("0", "9223372036854775807"))
        case "stars":
            return "****"
        case "class":
            return "Microsoft.ActiveDirectory.Management.ADPropertyValueCollection"
        case "member":
            return "Member"
        case "country":
            return rng.choice(("US", "DE", "CH"))
        case "us_state":
            return rng.choice(("California", "New York", "Texas", ""))
        case "sign_in":
            return rng.choice(("2026-11-20T08:00:00.000Z", "Never logged in", "2026-10-01T08:00:00.000Z"))
        case "marital":
            return rng.choice(("Single", "Married", "Divorced", "Separated"))
        case "free":
            return rng.choice(("", "", "left handed", "Terminal 3", "active in the choir", "31.12.2020", "0"))
        case "long":
            return "x" * rng.choice((0, 0, 5_000))
        case "blank":
            return ""
    raise AssertionError(kind)


def _day(kind: str, worker: Worker) -> date | bool | None:
    """False where the column holds no days."""
    match kind:
        case "start" | "last_day" | "termination" | "contract_end" | "notice" | "returns":
            is_kept = worker.state != State.LEFT_NO_DAY or kind == "start"
            return getattr(worker, kind) if is_kept else None  # type: ignore[no-any-return]
    return False


def _word(words: dict[State, tuple[str, ...]], worker: Worker, rng: random.Random) -> str:
    state = worker.state
    while state not in words:
        state = FOLLOW[state]
    return rng.choice(words[state])


def path_of(worker: Worker) -> str:
    return f"CN={worker.last}\\, {worker.first} {worker.number},OU=Staff,DC=company,DC=example"


def truth(worker: Worker, system: System) -> Truth:
    """What the export says of somebody, to whom reads it as a person would."""
    kinds = set(system.columns.values())
    if "last_day" in kinds:
        day = worker.last_day
    elif "termination" in kinds:
        day = worker.termination
    elif "contract_end" in kinds:
        day = worker.contract_end
    else:
        day = None
    return truth_of(worker, day if worker.state != State.LEFT_NO_DAY else None)
