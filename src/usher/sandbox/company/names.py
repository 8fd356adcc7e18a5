"""Names of invented people, in many scripts, from Faker's lists.

The lists are read once and combined: a Faker call per person would take minutes for 200,000 people.
"""

import importlib
import unicodedata
from collections.abc import Sequence
from random import Random

import msgspec

# The share of each locale in percent, and the format of its names.
_SHARES: tuple[tuple[str, int, str], ...] = (
    ("en_US", 27, "{first} {last}"),
    ("de_DE", 13, "{first} {last}"),
    ("fr_FR", 7, "{first} {last}"),
    ("es_ES", 8, "{first} {last}"),
    ("pt_BR", 6, "{first} {last}"),
    ("pl_PL", 6, "{first} {last}"),
    ("cs_CZ", 4, "{first} {last}"),
    ("sv_SE", 4, "{first} {last}"),
    ("tr_TR", 4, "{first} {last}"),
    ("vi_VN", 2, "{last} {first}"),
    ("ru_RU", 2, "{first} {last}"),
    ("uk_UA", 2, "{first} {last}"),
    ("el_GR", 2, "{first} {last}"),
    ("ar_AA", 2, "{first} {last}"),
    ("he_IL", 2, "{first} {last}"),
    ("hi_IN", 2, "{first} {last}"),
    ("zh_CN", 3, "{last}{first}"),
    ("ja_JP", 2, "{last} {first}"),
    ("ko_KR", 2, "{last}{first}"),
)

# Names that have broken exports, tables and mails elsewhere. The first people of the organization have them.
AWKWARD_NAMES: tuple[str, ...] = (
    "Siobhán O'Connell-D'Arcy",
    "Silva, Ana",
    "=SUM(A1:A9) Lindqvist",
    "+49 Petersen",
    "@lex Atanasov",
    "-1 Moreau",
    "Zoë 🌻 Blüm",
    '"Quote" Quinn',
    "<b>Bold</b> & Bauer",
    "Null",
    "María de los Ángeles Fernández-Villaverde y Gómez de la Serna von Hohenstein-Württemberg",
    "محمد العبدالله",
    "שרה בן־דוד",
    "अनन्या शर्मा",
    "欧阳明月",
    "さくら コトブキ",
    "김서연",
    "Λυδία Παπαδοπούλου",
    "Юлія Ґонта",
    "Đặng Thị Ngọc",
)


class _Pool(msgspec.Struct, frozen=True):
    shape: str
    women: Sequence[str]
    men: Sequence[str]
    women_last: Sequence[str]
    men_last: Sequence[str]


def _pool(locale: str, shape: str) -> _Pool:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider

    def listed(*attributes: str) -> Sequence[str]:
        listed_names = next(names for name in attributes if (names := getattr(provider, name, ())))
        return tuple(listed_names)

    return _Pool(
        shape=shape,
        women=listed("first_names_female", "first_names"),
        men=listed("first_names_male", "first_names"),
        women_last=listed("last_names_female", "last_names"),
        men_last=listed("last_names_male", "last_names"),
    )


class Names:
    """Generates names, and addresses that match them; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"names {seed}")  # noqa: S311 - invented people, no secret
        self._pools = [_pool(locale, shape) for locale, _, shape in _SHARES]
        weights = [weight for _, weight, _ in _SHARES]
        self._drawn = [pool for pool, weight in zip(self._pools, weights, strict=True) for _ in range(weight)]
        self._used: dict[str, int] = {}

    def name(self) -> str:
        draw = self._random.random
        pool = self._drawn[int(draw() * len(self._drawn))]
        woman = draw() < 0.5
        firsts, lasts = (pool.women, pool.women_last) if woman else (pool.men, pool.men_last)
        first, last = firsts[int(draw() * len(firsts))], lasts[int(draw() * len(lasts))]
        return pool.shape.format(first=first, last=last)

    def email(self, name: str, domain: str) -> str:
        """A unique address of that domain, derived from the name as companies do."""
        local = _local_part(name)
        if not local:
            local = "staff"
            self._used.setdefault(f"staff@{domain}", 1000)
        key = f"{local}@{domain}"
        count = self._used.get(key, 0)
        self._used[key] = count + 1
        return key if count == 0 else f"{local}{count + 1}@{domain}"


def _local_part(name: str) -> str:
    """`first.last` in ASCII; empty for names in other scripts."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ł", "l").replace("ø", "o"))
    words = ["".join(c for c in word if c.isascii() and c.isalnum()) for word in plain.lower().split()]
    words = [word for word in words if word]
    if len("".join(words)) < len("".join(name.split())) // 2:
        return ""
    return ".".join(words if len(words) < 3 else (words[0], words[-1]))
