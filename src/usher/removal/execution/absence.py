"""Whether Asana shows a person out of office, read right before a case runs and in its preview."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
from asgiref.sync import sync_to_async
from django.utils import timezone

from usher.asana import AsanaError, BadRequest, Forbidden, MalformedAnswer, NotFound, OutOfOffice, PlanTooLow
from usher.removal.execution.clients import AsanaClients
from usher.removal.execution.recheck import check_not_away, has_left, today_of
from usher.removal.execution.step_context import StepContext
from usher.removal.guardrails.away import Away
from usher.removal.models import Case, Target

_CANNOT_BE_READ = (BadRequest, Forbidden, MalformedAnswer, NotFound, PlanTooLow)


class AbsenceUnread(Exception):
    """Out-of-office entries cannot be read with this token. Such a case is not held."""


async def absence_now(
    clients: AsanaClients, person_gid: str, targets: Iterable[Target], today: date
) -> Away | None:
    """The absence that lasts longest of all workspaces; None if they are not away.

    Raises AbsenceUnread if no workspace shows entries and one refuses to; other AsanaErrors as they come.
    """
    answers = await asyncio.gather(
        *(_absences(clients, person_gid, target, today) for target in targets), return_exceptions=True
    )
    entries: list[OutOfOffice] = []
    refused: AsanaError | None = None
    for answer in answers:
        if isinstance(answer, _CANNOT_BE_READ):
            refused = answer
        elif isinstance(answer, BaseException):
            raise answer
        else:
            entries += answer
    running = [one for one in entries if Away(one.start_date, one.end_date).includes(today)]
    if running:
        ends = [one.end_date for one in running]
        last = None if None in ends else max(end for end in ends if end is not None)
        return Away(min(one.start_date for one in running), last)
    if refused is not None:
        raise AbsenceUnread(str(refused)) from refused
    return None


async def _absences(clients: AsanaClients, person_gid: str, target: Target, today: date) -> list[OutOfOffice]:
    asana = clients.for_workspace(target.workspace_gid).asana
    return await asana.responsibilities.absences(person_gid, target.workspace_gid, today, today)


async def check_absence(context: StepContext, targets: Sequence[Target]) -> str:
    """Raises CaseMustWait if they are out of office. Called before anything was changed: half a removal helps nobody.

    Returns a sentence if it cannot be read, else nothing.
    """
    if context.case.kind == Case.Kind.RESTORE:
        return ""
    now = context.now()
    try:
        away = await absence_now(
            context.clients, context.case.person_gid, targets, today_of(context.case, now)
        )
    except AbsenceUnread as error:
        return f" Whether they are out of office could not be read: {error}"
    if away is not None:
        await sync_to_async(check_not_away)(context.case.pk, away, now)
    return ""


class Absence(msgspec.Struct, frozen=True):
    """What a preview says. `holds`: whether the case waits for it."""

    words: str
    holds: bool = False


async def read_absence(clients: AsanaClients, case: Case, targets: Sequence[Target]) -> Absence | None:
    """For a preview, which does not fail if this cannot be read. None if they are in the office, or to be invited."""
    if case.kind == Case.Kind.RESTORE:
        return None
    now = timezone.now()
    try:
        away = await absence_now(clients, case.person_gid, targets, today_of(case, now))
    except AbsenceUnread as error:
        return Absence(f"Usher cannot read whether they are out of office, so that holds nothing: {error}")
    except AsanaError as error:
        return Absence(
            f"Whether they are out of office could not be read now: {error} Usher asks again later."
        )
    if away is None:
        return None
    if await sync_to_async(has_left)(case, now):
        return Absence(f"{away.reason} The directory says that they left, so that holds nothing.")
    return Absence(f"{away.reason} Nothing happens before they are back.", holds=True)
