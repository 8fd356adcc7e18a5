"""Requests to the REST API, made from its own description, and what may be answered: what is described."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import schemathesis
from django.db import transaction
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from usher.config.wsgi import application

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from schemathesis import Case
    from schemathesis.schemas import BaseSchema

DESCRIPTION = "/api/v1/openapi.json"
DIRECTORY = "/api/v1/directory"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def usher(environment: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The application. Whatever a request changes is taken back, so that the next one meets the same database."""
    with transaction.atomic():
        answer = application.get_response(application.request_class(environment))
        body = b"".join(answer)
        transaction.set_rollback(True)
    start_response(f"{answer.status_code} {answer.reason_phrase}", [*answer.items()])
    return [body]


def description() -> "BaseSchema":
    return schemathesis.openapi.from_wsgi(DESCRIPTION, usher)


def send(case: "Case", personal_token: str, directory_token: str) -> int:
    """The status of the answer. Raises a failure of schemathesis for one that the description does not have."""
    token = directory_token if case.path.startswith(DIRECTORY) else personal_token
    answer = case.call(headers={"Authorization": f"Bearer {token}"})
    case.validate_response(answer, checks=CHECKS)
    return answer.status_code


Send = Callable[["Case"], int]
