"""What is wrong with a member CSV, in words that say where and what to do."""

from collections.abc import Sequence

import msgspec

MOST_SHOWN = 20


class Problem(msgspec.Struct, frozen=True):
    """`line` as a spreadsheet counts (1 is the header); None and "" where the whole file is meant."""

    what: str
    remedy: str
    line: int | None = None
    column: str = ""

    @property
    def where(self) -> str:
        line = f"Line {self.line}" if self.line else ""
        column = f"column “{self.column}”" if self.column else ""
        return f"{line}, {column}" if line and column else line or column

    def __str__(self) -> str:
        where = self.where
        return f"{where[0].upper()}{where[1:]}: {self.what}" if where else self.what


class ConsoleFileError(Exception):
    """The file cannot be used. `problems` are the first that were found, at most 20."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems[:MOST_SHOWN])
        super().__init__("\n".join(map(str, self.problems)))


def refused(what: str, remedy: str, line: int | None = None, column: str = "") -> ConsoleFileError:
    """The error for a file with one thing wrong."""
    return ConsoleFileError([Problem(what, remedy, line, column)])
