"""How text out of files is compared and quoted."""

import unicodedata

LONGEST_QUOTE = 60


def folded(text: str) -> str:
    """The text as it is compared: without blanks around it, without capitals, one spelling for each letter."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def quotable(text: str) -> str:
    """The text on one line, shortened to what a message has room for."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= LONGEST_QUOTE else f"{one_line[: LONGEST_QUOTE - 1]}…"
