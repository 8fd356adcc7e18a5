"""leavers, what_would_removal_break and open_draft_case."""

from itertools import islice
from typing import Annotated, Literal

from django.conf import settings
from django.urls import reverse
from pydantic import Field

from usher.assistants.answers import (
    DEFAULT_ROWS,
    Answered,
    BoundedAnswer,
    ConnectionName,
    Limit,
    NameInAsana,
    Offset,
    Text,
    ToolAnswer,
    case_uri,
    first_of,
    person_uri,
    rest,
)
from usher.assistants.caller import Caller
from usher.assistants.lookup import connection_meant, person_meant
from usher.removal.cases.lookup import cause_for
from usher.removal.cases.opening import CaseRequest, open_case
from usher.removal.execution.breakage import breakage_in_words
from usher.removal.execution.dry_run import dry_run
from usher.removal.execution.task_lookups import note_lookup_by
from usher.removal.leavers.query import leaver_records
from usher.removal.leavers.query import leavers as leavers_of
from usher.removal.models import Case

KindWord = Annotated[
    Literal["remove", "downgrade"],
    Field(description="remove: out of Asana. downgrade: a view-only licence, which keeps the account."),
]
Workspaces = Annotated[list[str], Field(max_length=100, description="Their gids; empty for all.")]
NEXT = (
    "This is a draft, and nothing happens by itself. A person has to open it in Usher and request approval there; "
    "somebody else has to approve it. No tool can do that."
)


class LeaverFound(ToolAnswer):
    gid: str
    connection: str
    workspace_gids: list[str]
    left_on: str | None
    last_day: str | None
    protected: bool
    unanswered_remarks: int
    seats: int
    case: str | None
    case_state: str | None
    from_asana: NameInAsana
    from_people: list[str] = Field(
        description="Source, reason and remarks, from the directory and from people."
    )


class LeaversFound(BoundedAnswer):
    total: int
    leavers: list[LeaverFound]


class BreaksInAsana(ToolAnswer):
    """Sentences with titles of tasks, projects and workspaces."""

    breaks: list[str]
    happens: list[str]
    lost: list[str]
    out_of_office: str


class RemovalForeseen(Answered):
    """Read from Asana just now; nothing was changed. `requests_that_change`: how many a removal would make."""

    person: str
    kind: str
    requests_that_change: int
    from_asana: BreaksInAsana
    from_people: list[str] = Field(description="Remarks that have to be answered before it runs.")


class DraftOpened(Answered):
    case: str
    number: int
    state: str
    kind: str
    opened_by: str
    opened_via: str
    workspace_gids: list[str]
    page: str
    next: str
    from_asana: NameInAsana


def leavers(
    caller: Caller, *, connection: ConnectionName = "", limit: Limit = DEFAULT_ROWS, offset: Offset = 0
) -> LeaversFound:
    """People who left or are leaving the company and are still in Asana, and people picked by hand."""
    chosen = connection_meant(connection)
    found = [_leaver(record) for record in islice(leaver_records(chosen), offset, offset + limit)]
    total = leavers_of(chosen).count()
    return LeaversFound(total=total, leavers=found, rest=rest(total, len(found), offset))


def _leaver(record: dict[str, object]) -> LeaverFound:
    remarks = record["remarks"]
    texts = [f"Source: {record['source']}", f"Reason: {record['reason']}"]
    texts += [f"Remark: {one}" for one in remarks] if isinstance(remarks, list) else []
    case = record["case"]
    return LeaverFound.model_validate(
        {name: value for name, value in record.items() if name in LeaverFound.model_fields}
        | {
            "case": case_uri(case) if isinstance(case, int) else None,
            "from_asana": {"name": record["name"], "email": record["email"]},
            "from_people": texts,
        }
    )


def what_would_removal_break(
    caller: Caller,
    person: Text,
    *,
    connection: ConnectionName = "",
    kind: KindWord = "remove",
    hand_over_to: Text = "",
    workspaces: Workspaces = [],  # noqa: B006  # pydantic copies it
    limit: Limit = DEFAULT_ROWS,
) -> RemovalForeseen:
    """What taking somebody out of Asana would do and break, read from Asana now. Opens and changes nothing.

    `person`: e-mail address, gid or usher:// address. Looking up many people's work is limited and noted.
    """
    found = person_meant(person, connection)
    request = _request(caller, person, connection, kind, "", hand_over_to, workspaces)
    if caller.user is not None:
        note_lookup_by(caller.user, f"person {found.pk}: {found} in {found.connection}", caller.request)
    preview = dry_run(found, request, caller.actor)
    return RemovalForeseen(
        person=person_uri(found.pk),
        kind=kind,
        requests_that_change=sum(call.changes_something for call in preview.calls),
        from_asana=BreaksInAsana(
            breaks=first_of(breakage_in_words(preview.breaks) if preview.breaks else [], limit),
            happens=first_of(preview.happens, limit),
            lost=first_of(preview.lost, limit),
            out_of_office=preview.absence.words if preview.absence else "",
        ),
        from_people=first_of(preview.remarks, limit),
    )


def open_draft_case(
    caller: Caller,
    person: Text,
    reason: Annotated[str, Field(min_length=1, max_length=1000, description="Shown to whoever decides.")],
    *,
    connection: ConnectionName = "",
    kind: KindWord = "remove",
    hand_over_to: Text = "",
    workspaces: Workspaces = [],  # noqa: B006  # pydantic copies it
) -> DraftOpened:
    """Opens a draft of a case, and nothing more: it is not requested, not approved, and does not run.

    The draft says that an assistant opened it. Whoever owns the token cannot approve it.
    """
    request = _request(caller, person, connection, kind, reason, hand_over_to, workspaces)
    case = open_case(person_meant(person, connection), request, caller.actor)
    return DraftOpened(
        case=case_uri(case.pk),
        number=case.pk,
        state=str(case.state),
        kind=kind,
        opened_by=case.opened_by,
        opened_via=case.opened_via,
        workspace_gids=[target.workspace_gid for target in case.targets.all()],
        page=f"{settings.USHER_BASE_URL}{reverse('removal:case', args=[case.pk])}",
        next=NEXT,
        from_asana=NameInAsana(name=case.person_name, email=case.person_email),
    )


def _request(
    caller: Caller,
    person: str,
    connection: str,
    kind: KindWord,
    reason: str,
    hand_over_to: str,
    workspaces: list[str],
) -> CaseRequest:
    found = person_meant(person, connection)
    receiver = person_meant(hand_over_to, str(found.connection_id)) if hand_over_to.strip() else None
    return CaseRequest(
        kind=Case.Kind(kind),
        cause=cause_for(found),
        reason=reason,
        hand_over_to=receiver,
        workspaces=workspaces,
    )
