"""Asana's SCIM 2.0 server, as far as Usher needs it: licences, and removing people.

Only for service accounts of Enterprise organizations. It knows the members of the account's organization, by the same
gids as the API, and no guests.
"""

from typing import Literal
from urllib.parse import quote

import msgspec

from usher.asana.errors import Forbidden, NotAuthorized, NotFound, PlanTooLow
from usher.asana.records import MembershipLicence
from usher.asana.wire import Wire, Write

UserType = Literal["view only", "enterprise"]
"""The licences that can be set, in SCIM's words."""

_NOBODY = "nobody@usher.invalid"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_NO_ROUTE = "No matching route"  # Asana does not know the address, which says nothing about a person
_LICENCES = {"view only": MembershipLicence.VIEW_ONLY, "enterprise": MembershipLicence.MEMBER}


class ScimEmail(msgspec.Struct, frozen=True):
    value: str | None = None
    primary: bool | None = None


class ScimUser(msgspec.Struct, frozen=True, rename="camel"):
    """A person in SCIM. `id` is the gid, `user_name` the e-mail address. `user_type` may be undocumented."""

    id: str
    user_name: str | None = None
    active: bool | None = None
    user_type: str | None = None
    emails: list[ScimEmail] | None = None

    @property
    def licence(self) -> MembershipLicence | None:
        """None when SCIM gives no licence, or one that Usher does not know."""
        return _LICENCES.get((self.user_type or "").strip().lower())

    def has_address(self, email: str) -> bool:
        own = [self.user_name, *(each.value for each in self.emails or ())]
        return email.casefold() in [address.casefold() for address in own if address]


class _Users(msgspec.Struct, frozen=True):
    items: list[ScimUser] = msgspec.field(
        name="Resources", default_factory=list
    )  # may be left out when empty


_user = msgspec.json.Decoder(ScimUser)
_users = msgspec.json.Decoder(_Users)
_done = msgspec.json.Decoder(msgspec.Raw)


class Scim:
    """Available as `asana.scim`. Users are named by gid. Every call may raise any AsanaError, writes also Uncertain."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def is_available(self) -> bool:
        """Whether this token may use SCIM. False for a token that Asana does not accept."""
        try:
            await self._named(_NOBODY)
        except (Forbidden, PlanTooLow, NotAuthorized, NotFound):
            return False
        return True

    async def user(self, gid: str) -> ScimUser | None:
        """None for people whom SCIM does not know: guests, and people who left long ago."""
        try:
            return await self._wire.get(_path(gid), {}, _user)
        except NotFound as error:
            if error.asana_message.startswith(_NO_ROUTE):
                raise
            return None

    async def user_by_email(self, email: str) -> ScimUser | None:
        # A server that does not understand the filter may return anyone, so the address is compared again.
        return next((user for user in await self._named(email) if user.has_address(email)), None)

    async def set_licence(self, gid: str, user_type: UserType) -> None:
        """Frees a seat ("view only") or takes one ("enterprise"). The account stays."""
        operation = {"op": "replace", "path": "userType", "value": user_type}
        await self._write("PATCH", gid, {"schemas": [_PATCH], "Operations": [operation]})

    async def deactivate(self, gid: str) -> None:
        """Removes the person from the organization, like `remove_user` with this token.

        Raises NotFound when SCIM does not know them. SCIM cannot bring them back.
        """
        await self._write("DELETE", gid, None)

    async def _write(self, method: Write, gid: str, body: object) -> None:
        await self._wire.write(method, _path(gid), body, _done)

    async def _named(self, email: str) -> list[ScimUser]:
        return (await self._wire.get("/scim/Users", {"filter": filter_for(email)}, _users)).items


def filter_for(email: str) -> str:
    """Values are written as in JSON (RFC 7644, 3.4.2.2), so that an address cannot change the filter."""
    return f"userName eq {msgspec.json.encode(email).decode()}"


def _path(gid: str) -> str:
    if gid.strip(".") == "":
        raise ValueError(f"not an id of Asana: {gid!r}")
    return f"/scim/Users/{quote(gid, safe='')}"
