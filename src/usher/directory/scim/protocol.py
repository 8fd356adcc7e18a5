"""The protocol: scim2-server, with what identity providers need in addition."""

from http import HTTPStatus
from typing import Any, Union, cast

from pydantic import ValidationError
from scim2_models import (
    Context,
    ListResponse,
    PatchOp,
    Path,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
)
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService, scim_exception_of
from scim2_server.utils import parametrize

from usher.directory.models import Source
from usher.directory.scim.activity import active_in
from usher.directory.scim.dialects import (
    READ_ONLY,
    standard_group_patch,
    standard_operations,
    standard_user,
)
from usher.directory.scim.extra_attributes import keep_undeclared
from usher.directory.scim.identity import user_name_for
from usher.directory.scim.readable import (
    apply_readable,
    decoded,
    readable_patch,
    readable_user,
    settle_primaries,
)
from usher.directory.scim.refused import invalid_syntax, invalid_value
from usher.directory.scim.schema import PROVIDER, SERVED_GROUP, UserResource
from usher.directory.scim.storage import SourceStorage


class Service(ScimService):
    """How Usher's SCIM server reads requests and answers them."""

    def read_creation(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        payload = self._object(body, content_type)
        if resource_type.id != "User":
            return self._read_group(payload, Context.RESOURCE_CREATION_REQUEST)
        attributes = standard_user(payload, active=active_in(payload))
        name = user_name_for(attributes)
        if not name:
            raise invalid_value("The user has no userName, externalId or e-mail address. Send one of them.")
        attributes = {key: each for key, each in attributes.items() if key.lower() != "username"}
        return readable_user(
            self.get_model(resource_type), {**attributes, "userName": name}, Context.RESOURCE_CREATION_REQUEST
        )

    def read_replacement(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        """Of a user, `userName`, `externalId` and `active` may be missing: they stay as they are."""
        payload = self._object(body, content_type)
        if resource_type.id != "User":
            return self._read_group(payload, Context.RESOURCE_REPLACEMENT_REQUEST)
        attributes = standard_user(payload, active=active_in(payload))
        attributes = {key: each for key, each in attributes.items() if key.lower() not in READ_ONLY}
        return readable_user(self.get_model(resource_type), attributes, Context.DEFAULT)

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        if isinstance(current, UserResource):
            wanted = cast("UserResource", replacement)
            wanted.id = current.id
            if not (wanted.user_name or "").strip():
                wanted.user_name = current.user_name
            wanted.external_id = wanted.external_id or current.external_id
            wanted.active = current.active if wanted.active is None else wanted.active
        return super().apply_replacement(current, replacement, conditions)

    def read_patch(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> "PatchOp[Any]":
        payload = self._object(body, content_type)
        model = self.get_model(resource_type)
        if resource_type.id == "User":
            return readable_patch(model, standard_operations(payload, active=active_in(payload)))
        try:
            patch_model = parametrize(PatchOp, model)
            return patch_model.model_validate(
                standard_group_patch(payload), scim_ctx=Context.RESOURCE_PATCH_REQUEST
            )
        except ValidationError as error:
            raise scim_exception_of(error) from error

    def apply_patch(
        self, current: Resource[Any], patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any] | None:
        if not isinstance(current, UserResource):
            patched = super().apply_patch(current, patch_op, conditions)
            return current if keep_undeclared(current, patch_op) else patched
        self.check_preconditions(current, "PATCH", conditions)
        settle_primaries(current)
        changed = apply_readable(current, patch_op)
        return current if keep_undeclared(current, patch_op) or changed else None

    def decode_body(self, body: bytes, content_type: str | None) -> object:
        self.ensure_json(content_type)
        return decoded(body)

    def _object(self, body: bytes, content_type: str | None) -> dict[str, Any]:
        payload = self.decode_body(body, content_type)
        if not isinstance(payload, dict):
            raise invalid_syntax("The body must be a JSON object.")
        return payload

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """Okta reads the changed user from the answer. A group can be large: 204 without it."""
        asked = response_parameters.attributes or response_parameters.excluded_attributes
        if resource.meta and resource.meta.resource_type == "Group" and not asked:
            return super().patch_response(base_url, resource, response_parameters)
        return self.resource_response(
            self.publish(base_url, resource),
            Context.RESOURCE_PATCH_RESPONSE,
            response_parameters,
            HTTPStatus.OK,
        )

    def _read_group(self, payload: dict[str, Any], context: Context) -> Resource[Any]:
        try:
            return SERVED_GROUP.model_validate(payload, scim_ctx=context)
        except ValidationError as error:
            raise scim_exception_of(error) from error


SERVICE = Service(PROVIDER)

_MODELS = tuple(SERVICE.get_models())
# Pydantic forgets a parametrized class that nothing refers to, and builds it again with the next request.
KEPT_CLASSES = [
    *(parametrize(message, Union[_MODELS]) for message in (ListResponse, SearchRequest)),  # noqa: UP007
    *(parametrize(message, model) for message in (PatchOp, ResponseParameters) for model in _MODELS),
    *(parametrize(Path, model) for model in _MODELS),
]


def handler_for(source: Source) -> ScimHandler:
    """Serves requests about the employees and groups of one source."""
    return ScimHandler(SERVICE, SourceStorage(source))
