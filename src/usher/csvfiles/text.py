"""How text out of files is compared and quoted."""

import unicodedata

LONGEST_QUOTE = 60


def folded(text: str) -> str:
    """The text as it is compared: without blanks around it, without capitals, one spelling for each letter."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def without_accents(text: str) -> str:
    """The letters without their accents, and compatible forms as one. Capitals stay."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff")
)
"""Marks for the direction of writing, joiners and blanks of no width, which copying leaves in cells."""


def visible(text: str) -> str:
    """The text without blanks around it and without characters that nobody sees."""
    return text.strip() if text.isascii() else text.translate(_INVISIBLE).strip()


def quotable(text: str) -> str:
    """The text on one line, shortened to what a message has room for."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= LONGEST_QUOTE else f"{one_line[: LONGEST_QUOTE - 1]}…"
