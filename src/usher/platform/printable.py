"""Text that others wrote, as it may be printed: on a terminal or in a log no character of it has an effect."""

import logging
import re
from types import TracebackType

_DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Embeddings, overrides and isolates. The marks that right-to-left writing needs (U+200E, U+200F) are none."""
_EFFECTS = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{_DIRECTIONS}\ud800-\udfff]")
"""Controls (C0, C1, among them ESC and line breaks), overrides of the direction of writing, halves of pairs."""
_OVERRIDES = re.compile(f"[{_DIRECTIONS}]")

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def printable(text: str) -> str:
    """The text on one line. A character that a terminal or a log would obey is written as its code, such as \\x1b."""
    return _EFFECTS.sub(_as_code, text)


def with_overrides_shown(text: str) -> str:
    """The same text, with a code such as \\u202e in place of each character that turns the writing round."""
    if not any(
        each in text for each in _DIRECTIONS
    ):  # a page has none, and is searched four times as fast so
        return text
    return _OVERRIDES.sub(_as_code, text)


def printable_json(document: str) -> str:
    """The same document. JSON itself escapes only some of the characters that a terminal obeys."""
    return _EFFECTS.sub(
        lambda found: found[0] if found[0] in "\n\t\r" else f"\\u{ord(found[0]):04x}", document
    )


def _as_code(found: re.Match[str]) -> str:
    match found[0]:
        case "\n":
            return "\\n"
        case "\r":
            return "\\r"
        case "\t":
            return " "
        case one:
            return f"\\x{ord(one):02x}" if ord(one) < 256 else f"\\u{ord(one):04x}"


class OneLineFormatter(logging.Formatter):
    """One entry is one line, whatever its text. A traceback is indented, so that no line of it looks like an entry."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # as logging calls it
        record.message = printable(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return _indented(super().formatStack(stack_info))


def _indented(lines: str) -> str:
    return "\n".join(f"    {printable(line)}" for line in lines.split("\n"))
