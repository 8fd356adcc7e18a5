"""A column of statuses, understood as a whole: the same word means one thing among some words and another among others.

A word is understood by itself where it can mean one thing only. The rest is asked, with a proposal that harms nobody.
"""

import re
from collections.abc import Mapping

import msgspec

from usher.csvfiles.headers import spelling
from usher.directory.imports.columns import says_active
from usher.directory.imports.statuses import (
    KINDS_OF_EMPLOYMENT,
    NOT_ACTIVE,
    YES_OR_NO,
    Meaning,
    account_is_off,
    meaning_of,
    spellings,
)

HALF, MOSTLY = 0.5, 0.8
FEW_WORDS = 12
MOST_WORDS = 50
"""More different words than this are no status."""
_STATUS = re.compile(
    r"status|statut|zustand|estado|situa|lifecycle|employed|active|aktiv|actif|ativo|attivo|状態|状況|区分",
    re.I,
)
_OTHER_STATUS = re.compile(
    r"marital|famil|visa|vaccin|tax|flsa|reason|civil|work permit|citizen|veteran|benefit|onboarding|background|change|"
    r"country|province|address|us.state|mfa|licen|familienstand|state civil",
    re.I,
)
SAYS_LEAVING = (Meaning.LEFT, Meaning.LEAVING)
"""Asked as well where most of a column is not understood."""

CODES = {
    **dict.fromkeys("af", Meaning.HERE),
    **dict.fromkeys("lp", Meaning.ON_LEAVE),
    **dict.fromkeys("tudrqxv", Meaning.LEFT),
}
"""What single letters mean in PeopleSoft, ADP, UKG and Kronos: proposals, since T may be “temporary” as well."""
_MARITAL = spellings(
    "single, married, divorced, widowed, ledig, verheiratet, geschieden, verwitwet, célibataire, marié, mariée,"
    "soltero, soltera, casado, casada, viudo, viuda"
)

GONE_FOR_GOOD = spellings("deprovisioned, deactivated, deleted, removed, archived")
"""States of an account out of which hardly anybody comes back."""


class Statuses(msgspec.Struct, frozen=True):
    """`meanings`: the words that are understood. `asked`: the others, with what is proposed for each."""

    meanings: dict[str, Meaning]
    asked: dict[str, Meaning]


def understood(header: str, counts: Mapping[str, int]) -> Statuses:
    """The words of a column, each with the number of its rows."""
    words = {word: spelling(word) for word in counts}
    if words and all(word in KINDS_OF_EMPLOYMENT for word in words.values()):
        return Statuses({}, {})  # a kind of employment: it does not say who works here
    known = {word: meaning for word in counts if (meaning := meaning_of(word)) is not None}
    if set(words.values()) <= YES_OR_NO and says_active(header):
        return Statuses({word: _of_yes_or_no(word) for word in counts}, {})
    certain = {
        word: meaning
        for word, meaning in known.items()
        if not (words[word] in NOT_ACTIVE and (_is_of_adp(header) or _has_a_plainer_word(words, known)))
    }
    is_marital = any(word in _MARITAL for word in words.values())
    if is_marital or sum(counts[word] for word in known) < sum(counts.values()) * HALF:
        certain = {word: meaning for word, meaning in certain.items() if meaning not in SAYS_LEAVING}
    return Statuses(
        certain,
        {
            word: Meaning.HERE if is_marital else _proposal(word, counts)
            for word in counts
            if word not in certain
        },
    )


def is_silent_of_leavers(header: str, counts: Mapping[str, int]) -> bool:
    """Whether a column says of some that they work here, and never that somebody does not: a blank may be that."""
    meanings = [meaning_of(word) for word in counts if spelling(word) not in YES_OR_NO]
    marks = [word for word in counts if spelling(word) in YES_OR_NO or spelling(word) == "x"]
    if marks:
        return says_active(header) and not any(account_is_off(word, yes_is_off=False) for word in marks)
    return bool(meanings) and all(meaning == Meaning.HERE for meaning in meanings)


def is_of_statuses(header: str, counts: Mapping[str, int]) -> bool:
    """Whether a column that nobody has named holds statuses: its words say who works here and who does not, or its name
    resembles that of a status and it has few different words.
    """
    if (
        len(counts) > MOST_WORDS
        or _OTHER_STATUS.search(header)
        or any(spelling(word) in _MARITAL for word in counts)
    ):
        return False
    if _STATUS.search(header) and 0 < len(counts) <= FEW_WORDS:
        return True
    meanings = {word: meaning_of(word) for word in counts if spelling(word) not in YES_OR_NO}
    known = sum(counts[word] for word, meaning in meanings.items() if meaning)
    says = {
        meaning for word, meaning in meanings.items() if meaning and spelling(word) not in KINDS_OF_EMPLOYMENT
    }
    return bool(says) and known >= sum(counts.values()) * MOSTLY


def known_share(counts: Mapping[str, int]) -> float:
    """The share of the rows whose word is a status. None in a column of marital statuses, although some of these
    (“separated”) could be one.
    """
    if any(spelling(word) in _MARITAL for word in counts):
        return 0.0
    known = sum(n for word, n in counts.items() if meaning_of(word) or spelling(word) in CODES)
    return known / sum(counts.values()) if counts else 0.0


def is_of_accounts(counts: Mapping[str, int], *, yes_is_off: bool) -> bool:
    """Whether a column that is called as one of account states holds them. “State” may be California."""
    known = sum(n for word, n in counts.items() if account_is_off(word, yes_is_off=yes_is_off) is not None)
    return known >= sum(counts.values()) * HALF


def is_yes_or_no(counts: Mapping[str, int]) -> bool:
    return 0 < len(counts) <= MOST_WORDS and all(spelling(word) in YES_OR_NO for word in counts)


def _of_yes_or_no(word: str) -> Meaning:
    return Meaning.LEFT if account_is_off(word, yes_is_off=False) else Meaning.HERE


def _is_of_adp(header: str) -> bool:
    """ADP calls somebody on an unpaid leave “Inactive”, and whoever left “Terminated”."""
    return spelling(header) == "positionstatus"


def _has_a_plainer_word(words: Mapping[str, str], known: Mapping[str, Meaning]) -> bool:
    return any(meaning == Meaning.LEFT and words[word] not in NOT_ACTIVE for word, meaning in known.items())


def _proposal(word: str, counts: Mapping[str, int]) -> Meaning:
    """Of a code what payrolls mean by it, if the column has an “A” for “active”."""
    key = spelling(word)
    if len(key) == 1 and key in CODES:
        return CODES[key] if any(spelling(each) == "a" for each in counts) else Meaning.HERE
    meaning = meaning_of(word)
    if meaning is None and account_is_off(word, yes_is_off=False) and key.isalpha() and len(key) > 1:
        return Meaning.LEFT if key in GONE_FOR_GOOD else Meaning.SIGN_IN_OFF
    return Meaning.ON_LEAVE if key in NOT_ACTIVE else meaning or Meaning.HERE
