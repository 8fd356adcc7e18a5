"""What an answer says that is not what was asked for: problem details as in RFC 9457, with what to do about it."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus

import msgspec
from django.http import HttpResponse

from usher.refusals import Refused

CONTENT_TYPE = "application/problem+json"
SCHEMA: dict[str, object] = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "message", "remedy"],
    "properties": {
        "type": {"type": "string", "description": "Stays the same for the same kind of problem."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and why."},
        "message": {"type": "string", "description": "The same as `detail`."},
        "remedy": {"type": "string", "description": "What to do about it."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "example": {
        "type": "urn:usher:problem:cannot-approve",
        "title": "Cannot approve",
        "status": 409,
        "detail": "You cannot approve a case that you requested.",
        "message": "You cannot approve a case that you requested.",
        "remedy": "Another approver or admin must approve it.",
    },
}


class UnreadableRequest(Refused):
    """Parameters or headers that cannot be what they are. `fields`: what is wrong, by name."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = fields
        first = next(iter(fields.items()))
        more = f" And {len(fields) - 1} more." if len(fields) > 1 else ""
        super().__init__(
            f"{first[0]}: {first[1]}{more}",
            "Correct what is named and send it again. /api/v1/openapi.json describes every field.",
        )


class NoSuchThing(Refused):
    """What the address names is not there, or not for this token."""


def problem(
    status: int, message: str, remedy: str, kind: str = "", errors: Iterable[Mapping[str, str]] = ()
) -> HttpResponse:
    """`kind`: such as the name of a class of refusals; else the problem is called like its status."""
    title = _words(kind) if kind else HTTPStatus(status).phrase
    body = {
        "type": f"urn:usher:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": message,
        "message": message,
        "remedy": remedy,
    }
    listed = list(errors)
    if listed:
        body["errors"] = listed
    return HttpResponse(msgspec.json.encode(body), content_type=CONTENT_TYPE, status=status)


def problem_of(refusal: Refused, status: int) -> HttpResponse:
    errors = (
        [{"field": name, "message": text} for name, text in refusal.fields.items()]
        if isinstance(refusal, UnreadableRequest)
        else []
    )
    return problem(status, refusal.message, refusal.remedy, type(refusal).__name__, errors)


def _words(name: str) -> str:
    """“CannotApprove” becomes “Cannot approve”."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
