"""What one row says of somebody's employment. Pure: status, days and account in, employment and remarks out.

Leaving is said, never inferred: by a status, or by a last day in a column that means one. A leave, a notice, an account
that is switched off, and an old day beside an active status do not say it; they make a remark.
"""

from datetime import date, timedelta
from enum import StrEnum

import msgspec

from usher.directory.imports.statuses import Meaning

LATE_STATUS = timedelta(days=31)
"""A status may lag behind a last day by so much: within it the day counts, with a remark. A day longer ago beside an
active status is a leftover from before, or a rehire."""


class RowRemark(StrEnum):
    """What in a row does not fit."""

    REHIRED = "rehired"
    OLD_LAST_DAY = "old_last_day"
    RECENT_LAST_DAY = "recent_last_day"
    CONTRACT_ENDED = "contract_ended"
    ACCOUNT_EXPIRED = "account_expired"
    SIGN_IN_OFF = "sign_in_off"
    LEAVE_AND_LAST_DAY = "leave_and_last_day"
    STATUSES_DISAGREE = "statuses_disagree"
    DAY_UNREADABLE = "day_unreadable"
    LAST_DAYS_DISAGREE = "last_days_disagree"
    NO_LAST_DAY = "no_last_day"


class SaidInRow(msgspec.Struct, frozen=True):
    """The cells of a row, read. `status` is None where the file has no status or the cell is blank."""

    status: Meaning | None = None
    status_word: str = ""
    second_status: Meaning | None = None
    second_word: str = ""
    account_off: bool = False
    account_meaning: Meaning | None = None
    last_day: date | None = None
    termination: date | None = None
    contract_end: date | None = None
    account_expires: date | None = None
    start: date | None = None
    returns: date | None = None
    unreadable: tuple[str, ...] = ()


class RowEmployment(msgspec.Struct, frozen=True):
    """`remarks`: kind → sentence."""

    is_active: bool = True
    last_day: date | None = None
    on_leave: bool = False
    returns_on: date | None = None
    sign_in_off: bool = False
    start_date: date | None = None
    remarks: dict[RowRemark, str] = {}


def may_leave(said: SaidInRow) -> bool:
    """Whether the row says that somebody leaves, or what it says of that could not be read."""
    return (
        said.status in (Meaning.LEFT, Meaning.LEAVING)
        or (bool(said.status_word) and said.status is None)
        or bool(said.unreadable)
        or said.account_off
        or any((said.last_day, said.termination, said.contract_end))
    )


def employment_of_row(said: SaidInRow, today: date) -> RowEmployment:
    """What the row says, with a remark for each contradiction in it."""
    remarks: dict[RowRemark, str] = {}
    for cell in said.unreadable:
        remarks[RowRemark.DAY_UNREADABLE] = f"“{cell}” could not be read as a day."
    status = said.status
    if status in (None, Meaning.HERE) and said.account_off and said.account_meaning == Meaning.LEFT:
        status = Meaning.LEFT
    off = said.account_off and status != Meaning.LEFT
    if status == Meaning.SIGN_IN_OFF:
        status, off = Meaning.HERE, True
    status = _both_statuses(said, status, remarks)
    day = _day_of_leaving(said, remarks, status)
    rehired = day is not None and said.start is not None and said.start > day
    if status == Meaning.ON_LEAVE:
        if day is not None and (said.last_day is None or day > today):
            remarks[RowRemark.LEAVE_AND_LAST_DAY] = (
                f"The status is “{said.status_word}”, and a last day is named, {_shown(day)}: read as the"
                " last day before the leave."
            )
        return RowEmployment(
            on_leave=True, returns_on=said.returns, sign_in_off=off, start_date=said.start, remarks=remarks
        )
    if status == Meaning.LEFT:
        if rehired and said.start is not None:
            remarks[RowRemark.REHIRED] = (
                f"They start on {_shown(said.start)}, after the last day, {_shown(day)}: perhaps they were hired again."
            )
        is_over = day is None or day < today
        return RowEmployment(is_active=not is_over, last_day=day, start_date=said.start, remarks=remarks)
    if status == Meaning.LEAVING:
        if day is None:
            remarks[RowRemark.NO_LAST_DAY] = f"The status is “{said.status_word}”, and no last day is named."
        elif said.termination is not None and day < today <= said.termination:
            remarks[RowRemark.LAST_DAYS_DISAGREE] = (
                f"The last day of work was {_shown(day)}, and they are employed until {_shown(said.termination)}."
            )
        return RowEmployment(
            last_day=day,
            sign_in_off=off,
            start_date=said.start,
            remarks=remarks,
        )
    return _of_one_who_works_here(said, status, day, today, remarks, rehired=rehired, off=off)


def _of_one_who_works_here(
    said: SaidInRow,
    status: Meaning | None,
    day: date | None,
    today: date,
    remarks: dict[RowRemark, str],
    *,
    rehired: bool,
    off: bool,
) -> RowEmployment:
    if day is not None and rehired and said.start is not None:
        remarks[RowRemark.REHIRED] = (
            f"Hired again on {_shown(said.start)}; the last day, {_shown(day)}, is an old one."
        )
        day = None
    elif day is not None and day < today and status is not None:
        if day < today - LATE_STATUS:
            remarks[RowRemark.OLD_LAST_DAY] = (
                f"The status is “{said.status_word}”, and the last day was {_shown(day)}: read as working here."
            )
            day = None
        else:
            remarks[RowRemark.RECENT_LAST_DAY] = (
                f"The last day was {_shown(day)}, and the status is still “{said.status_word}”."
            )
    works_here = day is None or day >= today
    for kind, ended, what in (
        (RowRemark.CONTRACT_ENDED, said.contract_end, "The contract ended"),
        (RowRemark.ACCOUNT_EXPIRED, said.account_expires, "The account expired"),
    ):
        if works_here and ended is not None and ended < today and not (said.start and said.start > ended):
            remarks[kind] = f"{what} on {_shown(ended)}, and nothing else says that they left."
    if off and works_here:
        remarks[RowRemark.SIGN_IN_OFF] = (
            "Their sign-in is switched off, and nothing else says that they left."
        )
    return RowEmployment(last_day=day, sign_in_off=off, start_date=said.start, remarks=remarks)


def _day_of_leaving(said: SaidInRow, remarks: dict[RowRemark, str], status: Meaning | None) -> date | None:
    """The last day of work, else the termination date. The end of a contract counts only beside a status of leaving:
    contracts are prolonged."""
    if said.last_day is not None:
        return said.last_day
    if status in (Meaning.LEFT, Meaning.LEAVING):
        days = [day for day in (said.termination, said.contract_end) if day is not None]
        if len(set(days)) == 2:
            remarks[RowRemark.LAST_DAYS_DISAGREE] = (
                f"The termination date is {_shown(days[0])}, the end of the contract {_shown(days[1])}:"
                " the later one is used."
            )
        return max(days, default=None)
    return said.termination


def _both_statuses(said: SaidInRow, status: Meaning | None, remarks: dict[RowRemark, str]) -> Meaning | None:
    """Of two columns with a status the one that says more. A leave outweighs “left”; whoever has left by one of them
    alone is a leaver, with a remark.
    """
    second = said.second_status
    if second is None or second == status:
        return status
    if Meaning.LEFT in (status, second) and status is not None:
        remarks[RowRemark.STATUSES_DISAGREE] = (
            f"One column says “{said.status_word}”, another one “{said.second_word}”."
        )
    for meaning in (Meaning.ON_LEAVE, Meaning.LEFT, Meaning.LEAVING):
        if meaning in (status, second):
            return meaning
    return status or second


def _shown(day: date | None) -> str:
    return f"{day:%-d %b %Y}" if day else "unknown"
