"""One export out of a seed: a file, and what is true of those in it."""

import random

import msgspec

from tests.support.exports.days import WRITINGS, Writing
from tests.support.exports.people import Truth, worker
from tests.support.exports.rows import cell, truth
from tests.support.exports.shapes import as_csv, as_ods, as_workbook
from tests.support.exports.systems import SYSTEMS, System

EXTRA = {
    "Cost Center": "department",
    "Office": "country",
    "T-Shirt": "blank",
    "Marital Status": "marital",
    "Remarks of HR": "free",
    "Biography": "long",
    "": "blank",
    "State": "us_state",
    "Home Email": "private",
}
DAYS = ("start", "last_day", "termination", "contract_end", "notice", "returns")


class Export(msgspec.Struct, frozen=True):
    """`people`: address → what is true. `form` describes how the file is written."""

    seed: int
    system: System
    writing: Writing
    content: bytes
    people: dict[str, Truth]
    form: str

    @property
    def title(self) -> str:
        return f"seed {self.seed}: {self.system.name}, days as {self.writing.name}, {self.form}"

    def answer(self, key: str, choices: tuple[str, ...]) -> str:
        """What a person who knows the system says."""
        kind, _, rest = key.partition(":")
        match kind:
            case "status":
                meanings = {word.casefold(): meaning for word, meaning in self.system.meanings.items()}
                return meanings[rest]
            case "account":
                return self.system.accounts[rest]
            case "date_order":
                return self.writing.order
            case "mixed_days":
                return "numbers"
            case "buddhist_days":
                return "buddhist" if self.writing.is_buddhist else "none"
            case "unreadable_days":
                return "none"
            case "no_status" if not self.system.words and not self.system.accounts:
                return "all_here"
        return self.system.answers[key]


def an_export(seed: int, system: System | None = None) -> Export:
    """Of any system, or of the one that is given."""
    rng = random.Random(seed)
    system = system or rng.choice(SYSTEMS)
    fitting = [each for each in WRITINGS if not system.writings or each.name in system.writings]
    writing = rng.choice(fitting)
    people = [worker(n, rng.choice(system.states), rng) for n in range(1, rng.randint(4, 40))]
    boss = people[0]
    columns = list(system.columns.items())
    if rng.random() < 0.4:
        rng.shuffle(columns)
    for header in rng.sample(sorted(EXTRA), rng.choice((0, 0, 1, 2, 3))):
        if header not in system.columns:
            columns.insert(rng.randint(0, len(columns)), (header, EXTRA[header]))
    if rng.random() < 0.1:
        columns.append((columns[0][0], "blank"))  # the same header twice
    while columns[-1][0] == "":
        columns.pop()
    table = [[header for header, _ in columns]]
    table += [[cell(kind, each, boss, system, writing, rng) for _, kind in columns] for each in people]
    if system.name == "SAP SuccessFactors" and rng.random() < 0.5:
        table.insert(1, [header.title() for header, _ in columns])
    content, form = _written(table, columns, system, rng)
    truths = {each.email: truth(each, system) for each in people}
    return Export(seed, system, writing, content, truths, form)


def _written(
    table: list[list[str]], columns: list[tuple[str, str]], system: System, rng: random.Random
) -> tuple[bytes, str]:
    chance = rng.random()
    if chance < 0.08:
        return as_workbook(table, [n for n, (_, kind) in enumerate(columns) if kind in DAYS], rng)
    if chance < 0.11:
        return as_ods(table)
    if system.name.endswith("Export-Csv") and chance < 0.6:
        return as_csv([["#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser"], *table], ",", rng)
    usual = system.delimiters if rng.random() < 0.7 else (",", ";", "\t", "|")
    return as_csv(table, rng.choice(usual), rng)
