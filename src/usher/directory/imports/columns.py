"""Which column of an export holds what: proposed by its name, as chosen where a person chose.

Columns are told apart by what they mean: the day on which notice was given is no last day, and the state of an account
is no employment.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from usher.csvfiles.dates import DateOrder
from usher.csvfiles.headers import spelling
from usher.directory.imports.column_names import COLUMN_NAMES, EmployeeField

DAYS = (
    EmployeeField.LAST_DAY,
    EmployeeField.TERMINATION,
    EmployeeField.CONTRACT_END,
    EmployeeField.ACCOUNT_EXPIRES,
    EmployeeField.START,
    EmployeeField.RETURNS,
)
DAYS_OF_LEAVING = (EmployeeField.LAST_DAY, EmployeeField.TERMINATION, EmployeeField.CONTRACT_END)
SEVERAL = (EmployeeField.ACCOUNT, EmployeeField.OTHER_ADDRESSES, *DAYS_OF_LEAVING)
"""Fields that may stand in several columns."""

_NOTE = re.compile(r"\s*\[(?:required|read only)[^\]]*\]\s*$", re.I)
"""Google's "[Required]" and "[READ ONLY]"."""

_IS_LEAVING = re.compile(
    r"terminat|resign|leaver|\bleft\b|exited|departed|former|inactive|offboard|ausgeschieden|ausgetreten|inaktiv|gekündigt|"
    r"\bparti\b|sorti|inactif|inactiv|inativ|inattiv|cessat|licenci|退職",
    re.I,
)
"""Columns in which “yes” says that somebody left."""
_IS_ACTIVE = re.compile(r"activ|aktiv|actif|employed|enabled|current|attiv|ativ|actief|works|在籍", re.I)

_SWITCHED_OFF = re.compile(r"suspend|archiv|disabled|deactivat|block|locked|gesperrt|désactiv|deleted", re.I)
"""Columns in which “yes” says that the account is off."""


_HINT = re.compile(
    r"\s*[\(\[](?:[dmyjat]{1,4}(?:[-/. ][dmyjat]{1,4}){2}|required|optional|pflichtfeld|utc|text)[\)\]]", re.I
)
"""How a column is to be filled in, such as “(DD/MM/YYYY)”."""
_REPEATED = re.compile(r" \(\d+\)$")
"""What a second column of the same name is told apart by."""


def is_of_bits(header: str) -> bool:
    """Whether it is Active Directory's userAccountControl."""
    return _known(header) == "useraccountcontrol"


@lru_cache(10_000)
def _known(header: str) -> str:
    plain = _HINT.sub("", _REPEATED.sub("", _NOTE.sub("", header)))
    return spelling(plain.replace("#", "number"))


_LIKELIHOOD: dict[EmployeeField, dict[str, int]] = {
    field: {spelling(name): place for place, name in reversed(list(enumerate(names.split(","))))}
    for field, names in COLUMN_NAMES.items()
}


_ALL_KNOWN = frozenset(name for names in _LIKELIHOOD.values() for name in names)
LONGEST_NAME = 100


def is_known(header: str) -> bool:
    return len(header) <= LONGEST_NAME and _known(header) in _ALL_KNOWN


def says_off(header: str) -> bool:
    """Whether “yes” in this column of the account's state says that the account is switched off."""
    return bool(_SWITCHED_OFF.search(header) or says_left(header)) and "enabled" not in spelling(
        _NOTE.sub("", header).partition("(")[0]
    )


def says_left(header: str) -> bool:
    """Whether the name of a column of “yes” and “no” is about leaving."""
    return bool(_IS_LEAVING.search(header))


def says_active(header: str) -> bool:
    """Whether the name of a column of “yes” and “no” is about working here."""
    return bool(_IS_ACTIVE.search(header)) and not says_left(header)


def order_in_name(header: str) -> DateOrder | None:
    """What “(DD/MM/YYYY)” behind a name says."""
    hint = _HINT.search(header)
    letters = spelling(hint[0])[:1] if hint else ""
    return {"d": DateOrder.DMY, "t": DateOrder.DMY, "j": DateOrder.DMY, "m": DateOrder.MDY}.get(letters)


_PRIVATE = re.compile(
    r"home|private|personal|recovery|manager|supervisor|reports? to|privat|vorgesetzt|emergency", re.I
)


def is_private(header: str) -> bool:
    """Whether addresses in it are not those that the person has at work."""
    return bool(_PRIVATE.search(header))


def candidates(field: EmployeeField, headers: Sequence[str]) -> list[str]:
    """The columns that bear a name of the field, the likeliest first."""
    names = _LIKELIHOOD.get(field, {})
    return sorted(
        (header for header in headers if _known(header) in names), key=lambda header: names[_known(header)]
    )


class Columns(dict[EmployeeField, list[str]]):
    """The columns of each field. All but the state of the account, and days of leaving, take one."""

    def first(self, field: EmployeeField) -> str:
        return next(iter(self.get(field, ())), "")


def proposed(headers: Sequence[str], unfit: Mapping[EmployeeField, Collection[str]]) -> Columns:
    """By their names, but for those whose content does not fit. No column stands for two fields."""
    columns = Columns()
    taken: set[str] = set()
    for field in _LIKELIHOOD:
        free = [
            header
            for header in candidates(field, headers)
            if header not in taken and header not in unfit.get(field, ())
        ]
        if field == EmployeeField.STATUS and len(free) > 1:
            columns[EmployeeField.SECOND_STATUS] = free[1:2]
            taken.update(free[1:2])
        if free:
            columns[field] = free if field in SEVERAL else free[:1]
            taken.update(columns[field])
    return columns


def mapped(
    headers: Sequence[str],
    chosen: Mapping[str, str],
    unfit: Mapping[EmployeeField, Collection[str]] | None = None,
) -> Columns:
    """As proposed, but for what is chosen: field → column, or field → "" for none.

    A remembered choice whose column the file does not have is proposed anew.
    """
    valid = {
        EmployeeField(name): column
        for name, column in chosen.items()
        if name in set(EmployeeField) and (not column or column in headers)
    }
    taken = {column for column in valid.values() if column}
    columns = proposed([header for header in headers if header not in taken], unfit or {})
    for field, column in valid.items():
        columns.pop(field, None)
        if column:
            columns[field] = [column]
    return columns
