"""No character of a name that comes from elsewhere has an effect on a terminal or in a log."""

import json
import logging
import sys
import unicodedata

import pytest
from django.utils.module_loading import import_string
from hypothesis import given
from hypothesis import strategies as st

from usher.platform.printable import OneLineFormatter, printable, printable_json

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
SHARP = [
    "\x1b[2J\x1b[1;31mgone",
    "\x9b31mred",
    "\x1b]0;title\x07",
    "a\rb",
    "a\x08b",
    "two\nlines",
    "two\u2028lines",
    "Ann\u202egpj.exe",
    "half \ud800 of a pair",
    "null \0",
]


@given(st.text() | st.sampled_from(SHARP))
def test_what_is_printed_has_no_control_character(text: str) -> None:
    shown = printable(text)
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in OVERRIDES]


def test_a_character_that_is_taken_out_is_shown_as_its_code() -> None:
    assert printable("a\x1b[0m\u202eb\nc\x9b") == "a\\x1b[0m\\u202eb\\nc\\x9b"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    if text.isprintable() and not set(text) & set(OVERRIDES):
        assert printable(text) == text


@pytest.mark.parametrize("text", SHARP)
def test_json_says_the_same_without_characters_that_a_terminal_obeys(text: str) -> None:
    document = printable_json(json.dumps({"name": text}, ensure_ascii=False, indent=1))
    assert json.loads(document) == {"name": text}
    assert printable(document.replace("\n", "")) == document.replace("\n", "")


@pytest.mark.parametrize(
    "text", ["Ann\n2026-11-28 12:00:00 INFO usher: all is well", "\x1b[8mhidden", "a\r\nb"]
)
def test_an_entry_of_the_log_is_one_line_whatever_it_names(text: str) -> None:
    entry = logging.makeLogRecord({"msg": "%s has left", "args": (text,), "levelname": "WARNING"})
    written = OneLineFormatter("%(levelname)s: %(message)s").format(entry)
    assert written == f"WARNING: {printable(text)} has left"
    assert written.isprintable()


def test_no_line_of_a_traceback_looks_like_an_entry() -> None:
    try:
        raise ValueError("Ann\nERROR: forged\x1b[2J")
    except ValueError:
        entry = logging.makeLogRecord({"msg": "failed", "levelname": "ERROR", "exc_info": sys.exc_info()})
    first, *others = OneLineFormatter("%(levelname)s: %(message)s").format(entry).split("\n")
    assert first == "ERROR: failed"
    assert others
    assert all(line.startswith("    ") and line.isprintable() for line in others)


def test_usher_logs_in_this_way() -> None:
    from usher.config.settings import LOGGING

    for handler in LOGGING["handlers"].values():
        formatter = LOGGING["formatters"][handler["formatter"]]
        assert issubclass(import_string(formatter["()"]), OneLineFormatter)
