"""Checks that the ledger is unchanged."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from usher.ledger.chain import hash_of
from usher.ledger.models import Entry, Head

AT_A_TIME = 2000
HEAD_IN_TEXT = re.compile(r"\b(\d{1,18}):([0-9a-fA-F]{64})\b", re.ASCII)


@dataclass(frozen=True)
class ChainProblem:
    """One thing that was changed, and the entry where it shows."""

    kind: str
    """changed, gap, link, cut_off, head or expected"""
    number: int
    message: str


@dataclass(frozen=True)
class ExpectedHead:
    """The head of the ledger at an earlier time, which somebody stored elsewhere."""

    number: int
    hash: str

    @classmethod
    def read(cls, text: str) -> "ExpectedHead":
        """From NUMBER:HASH. Raises ValueError."""
        number, _, digest = text.strip().partition(":")
        if not (number.isascii() and number.isdigit()):
            raise ValueError("It looks like 1234:5f2a…, a number, a colon and 64 hexadecimal digits.")
        if len(digest) != 64 or set(digest.lower()) - set("0123456789abcdef"):
            raise ValueError("The text after the colon is not a hash: a hash has 64 hexadecimal digits.")
        return cls(int(number), digest.lower())

    @classmethod
    def find_all(cls, lines: Iterable[str]) -> "list[ExpectedHead]":
        """Every NUMBER:HASH in a text, such as a log or an e-mail."""
        return [
            cls(int(number), digest.lower())
            for line in lines
            for number, digest in HEAD_IN_TEXT.findall(line)
        ]


class Verification:
    """One pass over the whole chain, in constant memory. New entries may be appended during it."""

    def __init__(self, *expected: ExpectedHead) -> None:
        self._expected = {number: set[str]() for number in sorted({head.number for head in expected})}
        for head in expected:
            self._expected[head.number].add(head.hash)
        self.agrees_with: Entry | None = None
        """The newest entry that is as one of the expected heads says, before the first that is not."""
        self.differs_from = 0
        """The number of the first expected head that the ledger does not have; 0 if it has all."""
        self.number = 0
        """The number of the last entry that was checked."""
        self.hash = ""
        self.count = 0
        self.until: datetime | None = None

    def problems(self) -> Iterator[ChainProblem]:
        """Every problem, in the order of the entries."""
        head = Head.objects.filter(pk=1).first()
        if head is None:
            yield ChainProblem("head", 0, "The head is missing, so the number of entries is unknown.")
        upto = Entry.objects.all() if head is None else Entry.objects.filter(number__lte=head.number)
        with transaction.atomic():  # a server-side cursor needs a transaction
            for entry in upto.order_by("number").iterator(chunk_size=AT_A_TIME):
                yield from self._check(entry)
        if head is not None:
            yield from self._compare_with(head)
        yield from self._beyond_the_head()
        for number in self._expected:
            if number > self.number:
                self.differs_from = self.differs_from or number
                yield ChainProblem(
                    "expected",
                    number,
                    f"Entry {number} existed once, but the ledger ends with entry {self.number}.",
                )

    @property
    def difference(self) -> str:
        """Since when the ledger is not the one that the expected heads are of; empty if it is."""
        if not self.differs_from:
            return ""
        if self.agrees_with is None:
            return f"It agrees with none of the noted heads; the first is of entry {self.differs_from}."
        return (
            f"It agrees with the noted heads up to entry {self.agrees_with.number} "
            f"({self.agrees_with.at:%Y-%m-%d %H:%M} UTC), and differs from entry {self.differs_from} on at the latest."
        )

    def _check(self, entry: Entry) -> Iterator[ChainProblem]:
        if entry.number != self.number + 1:
            yield _gap(self.number + 1, entry.number - 1)
        elif entry.previous_hash != self.hash:
            yield ChainProblem(
                "link",
                entry.number,
                f"Entry {entry.number} does not continue entry {self.number} as it is now: "
                f"one of them was rewritten.",
            )
        if _hash_or_none(entry) != entry.hash:
            yield ChainProblem(
                "changed", entry.number, f"Entry {entry.number} was changed after it was written."
            )
        expected = self._expected.get(entry.number, {entry.hash})
        if entry.number in self._expected and expected == {entry.hash} and not self.differs_from:
            self.agrees_with = entry
        if expected != {entry.hash}:
            self.differs_from = self.differs_from or entry.number
            yield ChainProblem(
                "expected",
                entry.number,
                f"Entry {entry.number} does not have the expected hash: the ledger was rewritten up to this entry.",
            )
        self.number, self.hash, self.until = entry.number, entry.hash, entry.at
        self.count += 1

    def _compare_with(self, head: Head) -> Iterator[ChainProblem]:
        if self.number < head.number:
            missing = _span(self.number + 1, head.number)
            yield ChainProblem(
                "cut_off", self.number + 1, f"The end is cut off: {missing} missing, according to the head."
            )
        elif self.hash != head.hash:
            yield ChainProblem(
                "head",
                head.number,
                f"The head does not have the hash of entry {head.number}: one of them was changed.",
            )

    def _beyond_the_head(self) -> Iterator[ChainProblem]:
        with connection.cursor() as cursor:  # one statement, so that both values are of the same moment
            cursor.execute("SELECT (SELECT max(number) FROM ledger_entry), (SELECT number FROM ledger_head)")
            last, head = cursor.fetchone()
        if last is not None and head is not None and last > head:
            yield ChainProblem(
                "head",
                head + 1,
                f"The head says {head}, but there are entries up to {last}: the head was changed.",
            )


def _hash_or_none(entry: Entry) -> str | None:
    """None for values that the ledger never stores, such as floats."""
    try:
        return hash_of(entry)
    except ValueError:
        return None


def _gap(first: int, last: int) -> ChainProblem:
    return ChainProblem("gap", first, f"There is a gap: {_span(first, last)} missing.")


def _span(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
