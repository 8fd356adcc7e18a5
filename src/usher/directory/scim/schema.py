"""The schemas that the server publishes and reads: the standard's, as identity providers use them in practice."""

from typing import Annotated, Any, Union, cast

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Group,
    Mutability,
    Patch,
    Reference,
    Required,
    ResourceType,
    Schema,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
    User,
)

PAGE_AT_MOST = 200


def _named(name: str, schema: Schema) -> Schema:
    """The schema under the standard's name instead of the name of our class."""
    schema.name = name
    return schema


class Email(ComplexAttribute):
    """An address as given. Not validated: identity providers also send company.local and the like."""

    value: str | None = None
    display: str | None = None
    type: str | None = Field(None, examples=["work", "home", "other"])
    primary: bool | None = None


class UserResource(User[Any]):
    """An employee."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    emails: list[Email] | None = None  # type: ignore[assignment]

    @classmethod
    def to_schema(cls) -> Schema:
        return _named("User", super().to_schema())


class Manager(ComplexAttribute):
    """Identity providers send one or two of the standard's three attributes, and expect them back."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: str | None = Field(None, serialization_alias="$ref", validation_alias="$ref")
    display_name: str | None = None


class EnterpriseUser(Extension):
    """The standard's extension for companies."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    employee_number: str | None = None
    cost_center: str | None = None
    organization: str | None = None
    division: str | None = None
    department: str | None = None
    manager: Manager | None = None


class EmploymentExtension(Extension):
    """Usher's extension, for directories that know in advance when an employee leaves."""

    __schema__ = URN("urn:usher:params:scim:schemas:extension:employment:2.0:User")

    last_day: str | None = None
    """A date or a date with time. Ignored if it cannot be read."""

    @classmethod
    def to_schema(cls) -> Schema:
        return _named("Employment", super().to_schema())


class Member(ComplexAttribute):
    """A member of a group. `display` is the employee's name; what clients send is ignored."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference[Union["User", "Group"]] | None, Mutability.immutable] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User", "Group"])
    display: Annotated[str | None, Mutability.read_only] = None


class GroupResource(Group):
    """Employees who belong together for the client. No rule of Usher depends on it."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    members: list[Member] | None = None  # type: ignore[assignment]

    @classmethod
    def to_schema(cls) -> Schema:
        return _named("Group", super().to_schema())


PROVIDER = ScimProvider(
    models=[UserResource, EnterpriseUser, EmploymentExtension, GroupResource],
    resource_types=[
        ResourceType.from_resource(UserResource.__class_getitem__(EnterpriseUser | EmploymentExtension)),
        ResourceType.from_resource(GroupResource),
    ],
    config=ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=PAGE_AT_MOST),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="The token of the source, created on its page in Usher.",
                primary=True,
            )
        ],
    ),
    policy=ScimPolicy(
        unknown=ScimPolicy.Unknown.keep,
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    ),
)
"""Tolerant where Microsoft Entra ID and others deviate from the standard."""

SERVED_USER = cast("type[UserResource]", PROVIDER.model_for("User"))
SERVED_GROUP = cast("type[GroupResource]", PROVIDER.model_for("Group"))
