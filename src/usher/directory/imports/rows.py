"""Employees out of a file whose reading is settled. Pure: no database. Keeps nothing of the file in memory."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache

from usher.csvfiles.days import UnreadableDay
from usher.csvfiles.table import TableRow
from usher.csvfiles.text import quotable
from usher.directory.employees.records import EmployeeRecord, LeftOut, Row, tidy
from usher.directory.imports.column_content import cell
from usher.directory.imports.column_names import EmployeeField
from usher.directory.imports.columns import says_off
from usher.directory.imports.reading import FileReading
from usher.directory.imports.row_employment import (
    RowEmployment,
    SaidInRow,
    employment_of_row,
    may_leave,
)
from usher.directory.imports.statuses import Meaning, account_is_off, kind_of
from usher.directory.models import Employee
from usher.directory.normalise import normal_address

BETWEEN_ADDRESSES = re.compile(r"[;,|\s]+")
NAMED_ADDRESS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
PATH = re.compile(r"(?:CN|UID)=((?:\\.|[^,\\])+)(?:,(?:CN|OU|DC|O|C|L|ST)=.*)?", re.I)
"""A distinguished name of Active Directory, and in it the name of the person."""


class RowReader:
    """Reads the rows of one file on one day."""

    def __init__(self, reading: FileReading, today: date) -> None:
        self._reading, self._today = reading, today
        headers = reading.table.headers
        self._places = {field: reading.places(field) for field in reading.columns}
        self._accounts = [
            (headers.index(column), column, says_off(column))
            for column in reading.columns.get(EmployeeField.ACCOUNT, ())
        ]
        self._is_note = reading.is_note
        self._by_path = self._addresses_by_path()

    def rows(self) -> Iterator[Row | LeftOut]:
        """One for each line of an employee, in the file's order."""
        for row in self._reading.table.rows():
            if not self._is_note(row.cells):
                yield self._row(row)

    def _row(self, row: TableRow) -> Row | LeftOut:
        email, others = self._addresses(row.cells)
        given = self._text(row.cells, EmployeeField.EMAIL)
        external_id, name = self._text(row.cells, EmployeeField.EXTERNAL_ID), self._name(row.cells)
        said = self._said(row.cells)
        why, is_ignored = "", False
        if row.surplus:
            width = len(self._reading.table.headers)
            why = f"The line has {width + row.surplus} cells, the header has {width}, so they are shifted."
        elif not email and not external_id:
            why = (
                f"“{quotable(given)}” is not an e-mail address."
                if given
                else "There is neither an e-mail address nor an employee ID."
            )
        elif Meaning.LEAVE_OUT in (said.status, said.account_meaning if said.account_off else None):
            which = (
                f"the status “{quotable(said.status_word)}”"
                if said.status_word
                else "this state of the account"
            )
            why, is_ignored = f"Rows with {which} are ignored, as chosen.", True
        employment = employment_of_row(said, self._today)
        if why:
            return LeftOut(
                row.line,
                why,
                external_id or normal_address(email),
                normal_address(email),
                name,
                by_choice=is_ignored,
                may_leave=bool(row.surplus) or may_leave(said),
            )
        return Row(row.line, tidy(self._record(row.cells, external_id, email, others, name, employment)))

    def _record(
        self,
        cells: Sequence[str],
        external_id: str,
        email: str,
        others: tuple[str, ...],
        name: str,
        employment: RowEmployment,
    ) -> EmployeeRecord:
        return EmployeeRecord(
            external_id=external_id,
            email=email,
            other_addresses=others,
            name=name,
            department=self._text(cells, EmployeeField.DEPARTMENT),
            manager=self._manager(self._text(cells, EmployeeField.MANAGER)),
            kind=_kind(self._text(cells, EmployeeField.KIND)),
            is_active=employment.is_active,
            last_day=employment.last_day,
            start_date=employment.start_date,
            on_leave=employment.on_leave,
            returns_on=employment.returns_on,
            sign_in_off=employment.sign_in_off,
            remarks=tuple((kind.value, text) for kind, text in employment.remarks.items()),
        )

    def _said(self, cells: Sequence[str]) -> SaidInRow:
        days: dict[EmployeeField, date | None] = {}
        unreadable: list[str] = []
        for field, column in self._reading.days.items():
            text = self._text(cells, field)
            try:
                days[field] = column.day(text) if text else None
            except UnreadableDay:
                days[field] = None
                if field != EmployeeField.START and field != EmployeeField.RETURNS:
                    unreadable.append(text[:60])
        status, second = (
            self._text(cells, EmployeeField.STATUS),
            self._text(cells, EmployeeField.SECOND_STATUS),
        )
        is_off, meaning = self._account(cells)
        return SaidInRow(
            status=self._reading.statuses.get(status),
            status_word=status,
            second_status=self._reading.second_statuses.get(second),
            second_word=second,
            account_off=is_off,
            account_meaning=meaning,
            last_day=days.get(EmployeeField.LAST_DAY),
            termination=days.get(EmployeeField.TERMINATION),
            contract_end=days.get(EmployeeField.CONTRACT_END),
            account_expires=days.get(EmployeeField.ACCOUNT_EXPIRES),
            start=days.get(EmployeeField.START),
            returns=days.get(EmployeeField.RETURNS),
            unreadable=tuple(unreadable),
        )

    def _account(self, cells: Sequence[str]) -> tuple[bool, Meaning | None]:
        """Whether any column says that the account is off, and what a person said that means: the strongest counts."""
        meanings: list[Meaning | None] = []
        for place, column, yes_is_off in self._accounts:
            value = cell(cells, place)
            is_off = account_is_off(value, yes_is_off=yes_is_off)
            key = column if is_off else f"{column}:{value.casefold()}"
            meaning = self._reading.accounts.get(key)
            if is_off is not False and meaning != Meaning.HERE and (is_off or meaning):
                meanings.append(meaning)
        return bool(meanings), min((m for m in meanings if m), key=_STRENGTH.index, default=None)

    def _text(self, cells: Sequence[str], field: EmployeeField) -> str:
        for place in self._places.get(field, ()):
            if text := cell(cells, place):
                return text
        return ""

    def _addresses(self, cells: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """The main address and the others. Where the main column is blank or holds none, another one stands in."""
        given = _named_address(self._text(cells, EmployeeField.EMAIL))
        main = [part for part in map(_address, BETWEEN_ADDRESSES.split(given)) if normal_address(part)]
        further = " ".join(
            cell(cells, place) for place in self._places.get(EmployeeField.OTHER_ADDRESSES, ())
        )
        parts = map(_address, BETWEEN_ADDRESSES.split(further))
        first, *others = [*main, *(part for part in parts if normal_address(part))] or [""]
        return first, tuple(others)

    def _name(self, cells: Sequence[str]) -> str:
        parts = (self._text(cells, EmployeeField.FIRST_NAME), self._text(cells, EmployeeField.LAST_NAME))
        return self._text(cells, EmployeeField.NAME) or " ".join(filter(None, parts))

    def _manager(self, text: str) -> str:
        """A distinguished name becomes the address of whom the file has under it, else the name in it."""
        if text.casefold() in self._by_path:
            return self._by_path[text.casefold()]
        path = PATH.fullmatch(text)
        return re.sub(r"\\(.)", r"\1", path[1]) if path else text

    def _addresses_by_path(self) -> Mapping[str, str]:
        if EmployeeField.PATH not in self._places:
            return {}
        found = {}
        for row in self._reading.table.rows():
            path, (email, _) = self._text(row.cells, EmployeeField.PATH), self._addresses(row.cells)
            if path and email:
                found[path.casefold()] = email
        return found


_STRENGTH = [
    Meaning.LEFT,
    Meaning.LEAVE_OUT,
    Meaning.SIGN_IN_OFF,
    Meaning.LEAVING,
    Meaning.ON_LEAVE,
    Meaning.HERE,
]


def _named_address(text: str) -> str:
    """Out of “Ann Kay <ann@company.com>”."""
    named = NAMED_ADDRESS.search(text)
    return named[1] if named else text


def _address(text: str) -> str:
    """Entra writes smtp: before its addresses, and SMTP: before the main one."""
    prefix, colon, rest = text.partition(":")
    return rest if colon and prefix.casefold() in ("smtp", "mailto") else text


@lru_cache(1_000)
def _kind(text: str) -> str:
    return kind_of(text).value if text else Employee.Kind.EMPLOYEE.value
