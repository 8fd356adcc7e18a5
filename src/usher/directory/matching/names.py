"""Whether two names may be those of one person. Pure."""

import re
import unicodedata

from usher.csvfiles.text import without_accents

WORDS = re.compile(r"[^\W\d_]+")
LETTERS = {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
NO_NAMES = frozenset(
    {"dr", "prof", "mr", "mrs", "ms", "ing", "dipl", "jr", "sr", "von", "van", "de", "der", "den", "la"}
)
NOTES = re.compile(r"\([^)]*\)|\[[^\]]*\]")
"""What people write behind their names: (she/her), [external]."""


def may_be_same(one: str, other: str) -> bool:
    """True where the names are alike, or cannot be compared: one is missing, or in another script.

    Order, accents, titles, middle names and initials do not matter. One common word is enough only where the other
    words begin with the same letters: “Rob Miller” and “Robert Miller”, not “John Miller” and “Jane Miller”.
    """
    first, second = _words(one), _words(other)
    if not first or not second or _script(first) != _script(second):
        return True
    if first <= second or second <= first:
        return True
    common = first & second
    if len(common) >= 2:
        return True
    rest, others = first - common, second - common
    return bool(common) and any(_abbreviates(a, b) for a in rest for b in others)


def _words(name: str) -> frozenset[str]:
    plain = "".join(LETTERS.get(letter, letter) for letter in NOTES.sub(" ", name).casefold())
    plain = without_accents(plain)
    if "@" in plain:  # Asana shows the address of who was invited and has not given a name
        return frozenset()
    return frozenset(word for word in WORDS.findall(plain) if word not in NO_NAMES)


def _abbreviates(one: str, other: str) -> bool:
    """“r” and “robert”, “rob” and “robert”, “katharina” and “katarina” do; “john” and “jane” do not."""
    shorter, longer = sorted((one, other), key=len)
    return longer.startswith(shorter) or (len(shorter) >= 3 and longer.startswith(shorter[:3]))


def _script(words: frozenset[str]) -> str:
    return unicodedata.name(next(iter(sorted(words)))[0], "").partition(" ")[0]
