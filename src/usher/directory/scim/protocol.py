"""The protocol: scim2-server, with what identity providers need in addition."""

from http import HTTPStatus
from typing import Any, Union

from pydantic import ValidationError
from scim2_models import (
    Context,
    InvalidSyntaxException,
    InvalidValueException,
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
from usher.directory.scim.dialects import standard_patch, standard_user
from usher.directory.scim.extra_attributes import keep_undeclared
from usher.directory.scim.schema import PROVIDER
from usher.directory.scim.storage import SourceStorage


class Service(ScimService):
    """How Usher's SCIM server reads requests and answers them."""

    def read_creation(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        return self._read_resource(resource_type, body, content_type, Context.RESOURCE_CREATION_REQUEST)

    def read_replacement(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        return self._read_resource(resource_type, body, content_type, Context.RESOURCE_REPLACEMENT_REQUEST)

    def read_patch(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> "PatchOp[Any]":
        payload = standard_patch(self.decode_body(body, content_type))
        model = parametrize(PatchOp, self.get_model(resource_type))
        try:
            return model.model_validate(payload, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
        except ValidationError as error:
            raise scim_exception_of(error) from error

    def apply_patch(
        self, current: Resource[Any], patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any] | None:
        patched = super().apply_patch(current, patch_op, conditions)
        return current if keep_undeclared(current, patch_op) else patched

    def decode_body(self, body: bytes, content_type: str | None) -> object:
        if b"\\u0000" in body:
            raise InvalidValueException(detail="The character U+0000 cannot be stored.")
        return super().decode_body(body, content_type)

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

    def _read_resource(
        self, resource_type: ResourceType, body: bytes, content_type: str | None, context: Context
    ) -> Resource[Any]:
        payload = standard_user(self.decode_body(body, content_type))
        if not isinstance(payload, dict):
            raise InvalidSyntaxException(detail="The body must be a JSON object.")
        try:
            return self.get_model(resource_type).model_validate(payload, scim_ctx=context)
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
