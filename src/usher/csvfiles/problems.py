"""What is wrong with a file: where, why, and what to do about it."""

from collections.abc import Sequence

import msgspec

from usher.refusals import Refused

MOST_SHOWN = 20


class FileProblem(msgspec.Struct, frozen=True):
    """`line` counts as a spreadsheet does (1 is the header). None and "" mean the whole file."""

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


class UnreadableFile(Refused):
    """The file cannot be used. `problems` are the first ones found, at most 20."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        self.problems = list(problems[:MOST_SHOWN])
        remedies = dict.fromkeys(problem.remedy for problem in self.problems)
        super().__init__("\n".join(map(str, self.problems)), "\n".join(remedies))


def unreadable(what: str, remedy: str, line: int | None = None, column: str = "") -> UnreadableFile:
    """The error for a file with a single problem."""
    return UnreadableFile([FileProblem(what, remedy, line, column)])
