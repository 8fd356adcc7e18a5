"""What the protocol reads and writes: the employees and groups of one source."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, cast

from django.db import transaction
from scim2_models import Path, Resource, ResourceType, ResponseParameters, SearchRequest
from scim2_server.storage import ScimStorage, SearchPage

from usher.directory.models import Source
from usher.directory.scim.groups import Groups
from usher.directory.scim.schema import GroupResource, UserResource
from usher.directory.scim.search import Shelf, matching, page_of, search
from usher.directory.scim.users import Users


class SourceStorage(ScimStorage):
    """Used within `operation`. Without response parameters, `get` locks what it returns for a change."""

    def __init__(self, source: Source) -> None:
        self.users = Users(source)
        self.groups = Groups(source)

    @contextmanager
    def operation(self) -> Iterator[None]:
        with transaction.atomic():
            self.users.held = {}
            try:
                yield
            finally:
                self.users.held = None

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        to_change = response_parameters is None
        if resource_type.id == "User":
            return self.users.get(resource_id, to_change=to_change)
        self.groups.with_members = response_parameters is None or _asks_for(response_parameters, "members")
        return self.groups.get(resource_id, to_change=to_change)

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: object = None,
    ) -> SearchPage:
        self.groups.with_members = "members" in str(search_request.filter).lower() or _asks_for(
            search_request, "members"
        )
        shelves = [self._shelf(resource_type) for resource_type in resource_types]
        if len(shelves) == 1:
            return search(shelves[0], search_request)
        resources = chain.from_iterable(matching(shelf, search_request) for shelf in shelves)
        return page_of(resources, search_request)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        if resource_type.id == "User":
            return self.users.create(cast("UserResource", resource))
        return self.groups.create(cast("GroupResource", resource))

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        if resource_type.id == "User":
            return self.users.update(cast("UserResource", resource), expected_version)
        return self.groups.update(cast("GroupResource", resource), expected_version)

    def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        shelf = self.users if resource_type.id == "User" else self.groups
        shelf.delete(resource_id, expected_version)

    def _shelf(self, resource_type: ResourceType) -> Shelf[Any]:
        if resource_type.id == "User":
            return self.users
        return self.groups


def _asks_for(parameters: ResponseParameters[Any], attribute: str) -> bool:
    """Whether an answer may contain the attribute."""
    if parameters.attributes:
        return any(_names(path, attribute) for path in parameters.attributes)
    return not any(str(path).lower().endswith(attribute) for path in parameters.excluded_attributes or [])


def _names(path: Path[Any], attribute: str) -> bool:
    return attribute in str(path).lower()
