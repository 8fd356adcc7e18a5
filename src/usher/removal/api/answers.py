"""What several parts of the API take, look up and answer about cases."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, Field, StringConstraints

from usher.connections.models import Connection
from usher.removal.cases.lookup import LookupFailed
from usher.removal.execution.breakage import breakage_in_words
from usher.removal.execution.preview import RemovalPreview
from usher.removal.models import Case

PROBLEMS = {403: None, 404: None, 409: None}


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character U+0000 cannot be stored")
    return text


Text = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_storable)]
Key = Annotated[int, Field(ge=1, lt=2**63)]
Version = Annotated[str, StringConstraints(max_length=200)]


class CaseOut(Schema):
    """`person`: null if Usher no longer stores them. `version`: of what is decided on."""

    case: int
    state: str
    kind: str
    cause: str
    person: int | None
    gid: str
    email: str
    name: str
    connection: str
    workspace_gids: list[str]
    reason: str
    hand_over_to: str | None
    opened_by: str
    asked_by: str | None
    approved_by: list[str]
    scheduled_for: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    version: str
    waits_for: list[str]
    remarks: list[str]
    unanswered_remarks: int
    outcome: str | None
    error: str | None
    remedy: str | None


class CallOut(Schema):
    step: str
    method: str
    path: str
    body: str
    acts_as: str


class PreviewOut(Schema):
    happens: list[str]
    lost: list[str]
    remarks: list[str]
    calls: list[CallOut]
    out_of_office: str
    breaks: list[str]

    @staticmethod
    def resolve_out_of_office(preview: RemovalPreview) -> str:
        return preview.absence.words if preview.absence else ""

    @staticmethod
    def resolve_breaks(preview: RemovalPreview) -> list[str]:
        return breakage_in_words(preview.breaks) if preview.breaks else []


class NoteIn(Schema):
    note: Text = ""


def connection_of(name: str) -> Connection:
    """Raises LookupFailed."""
    connection = Connection.objects.filter(name__iexact=name).order_by("disconnected_at", "-pk").first()
    if connection is None:
        raise LookupFailed(f"There is no connection “{name}”.", "See the list under Integrations.")
    return connection


def case_of(number: int) -> Case:
    """Raises LookupFailed."""
    case = Case.objects.select_related("connection", "person__connection", "undoes").filter(pk=number).first()
    if case is None:
        raise LookupFailed(f"There is no case {number}.", "See the list of cases.")
    return case
