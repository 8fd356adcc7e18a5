"""Whether the ledger is as it was written."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from usher.ledger.chain import hash_of
from usher.ledger.models import Entry, Head

AT_A_TIME = 2000


@dataclass(frozen=True)
class ChainProblem:
    """One thing that is not as it was written, and at which entry."""

    kind: str
    """changed, gap, link, cut_off, head or expected"""
    number: int
    message: str


@dataclass(frozen=True)
class Noted:
    """The head of the ledger at an earlier time, as somebody wrote it down elsewhere."""

    number: int
    hash: str

    @classmethod
    def read(cls, text: str) -> "Noted":
        """From NUMBER:HASH. Raises ValueError."""
        number, _, digest = text.strip().partition(":")
        if not (number.isascii() and number.isdigit()):
            raise ValueError("It looks like 1234:5f2a…, a number, a colon and 64 hexadecimal digits.")
        if len(digest) != 64 or set(digest.lower()) - set("0123456789abcdef"):
            raise ValueError("What follows the colon is not a hash: that has 64 hexadecimal digits.")
        return cls(int(number), digest.lower())


class Verification:
    """One walk along the whole chain, in constant memory; entries may be appended meanwhile."""

    def __init__(self, expected: Noted | None = None) -> None:
        self._expected = expected
        self.number = 0
        """Of the last entry that was looked at."""
        self.hash = ""
        self.count = 0
        self.until: datetime | None = None

    def problems(self) -> Iterator[ChainProblem]:
        """What is wrong, in the order of the entries; nothing where all is right."""
        head = Head.objects.filter(pk=1).first()
        if head is None:
            yield ChainProblem("head", 0, "The head is missing: nobody can tell how many entries there were.")
        upto = Entry.objects.all() if head is None else Entry.objects.filter(number__lte=head.number)
        with transaction.atomic():  # a cursor of the server's lives in a transaction
            for entry in upto.order_by("number").iterator(chunk_size=AT_A_TIME):
                yield from self._look_at(entry)
        if head is not None:
            yield from self._compare_with(head)
        yield from self._beyond_the_head()
        if self._expected and self._expected.number > self.number:
            yield ChainProblem(
                "expected",
                self._expected.number,
                f"Entry {self._expected.number} was there once; the ledger ends with {self.number}.",
            )

    def _look_at(self, entry: Entry) -> Iterator[ChainProblem]:
        if entry.number != self.number + 1:
            yield _gap(self.number + 1, entry.number - 1)
        elif entry.previous_hash != self.hash:
            yield ChainProblem(
                "link",
                entry.number,
                f"Entry {entry.number} does not follow on entry {self.number} as that is now: "
                f"one of them was written anew.",
            )
        if _hash_or_none(entry) != entry.hash:
            yield ChainProblem(
                "changed", entry.number, f"Entry {entry.number} was changed after it was written."
            )
        if self._expected and self._expected.number == entry.number and self._expected.hash != entry.hash:
            yield ChainProblem(
                "expected",
                entry.number,
                f"Entry {entry.number} has another hash than the one noted: up to it, the ledger was rewritten.",
            )
        self.number, self.hash, self.until = entry.number, entry.hash, entry.at
        self.count += 1

    def _compare_with(self, head: Head) -> Iterator[ChainProblem]:
        if self.number < head.number:
            missing = _span(self.number + 1, head.number)
            yield ChainProblem(
                "cut_off", self.number + 1, f"The end is cut off: {missing} missing, by what the head says."
            )
        elif self.hash != head.hash:
            yield ChainProblem(
                "head",
                head.number,
                f"The head does not have the hash of entry {head.number}: one of them was changed.",
            )

    def _beyond_the_head(self) -> Iterator[ChainProblem]:
        with connection.cursor() as cursor:  # one statement sees one moment
            cursor.execute("SELECT (SELECT max(number) FROM ledger_entry), (SELECT number FROM ledger_head)")
            last, head = cursor.fetchone()
        if last is not None and head is not None and last > head:
            yield ChainProblem(
                "head", head + 1, f"The head says {head}, but there are entries up to {last}: it was changed."
            )


def _hash_or_none(entry: Entry) -> str | None:
    """None for what the ledger would never have taken, such as a float."""
    try:
        return hash_of(entry)
    except ValueError:
        return None


def _gap(first: int, last: int) -> ChainProblem:
    return ChainProblem("gap", first, f"There is a gap: {_span(first, last)} missing.")


def _span(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
