"""The names of columns, as programs and people vary them."""

import unicodedata
from functools import lru_cache


@lru_cache(20_000)
def spelling(header: str) -> str:
    """The header without its variations: capitals, accents, blanks, hyphens, underscores."""
    decomposed = unicodedata.normalize("NFKD", header.casefold())
    return "".join(character for character in decomposed if character.isalnum())
