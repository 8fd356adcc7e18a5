"""SCIM's endpoints: for service accounts only, and with SCIM's own format of lists."""

from collections.abc import Sequence

from starlette.routing import Route

from usher.sandbox.http.answers import Json, Record, forbidden
from usher.sandbox.http.dialect import SCIM, Answer
from usher.sandbox.http.endpoint import Call, Handler, Method, endpoint

CORE = "urn:ietf:params:scim:schemas:core:2.0:"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def listed(resources: Sequence[Json], total: int | None = None) -> Record:
    count = len(resources) if total is None else total
    return {"schemas": [LIST], "totalResults": count, "Resources": resources}


def scim_endpoint(method: Method, path: str, handler: Handler) -> Route:
    def serve(call: Call) -> Answer:
        if not call.view.caller.is_service_account:
            raise forbidden("SCIM is only available to service accounts.")
        return handler(call)

    return endpoint(method, f"/scim{path}", serve, dialect=SCIM)
