"""Asana's SCIM 2.0 server, as far as Usher needs it: licences, and removing people.

Only for service accounts of Enterprise organizations. It knows the members of the account's organization, by the same
gids as the API, and no guests.
"""

from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

import msgspec

from usher.asana.errors import Forbidden, MalformedAnswer, NotAuthorized, NotFound, PlanTooLow
from usher.asana.records import MembershipLicence
from usher.asana.wire import Wire, Write

UserType = Literal["view only", "enterprise"]
"""The licences that can be set, in SCIM's words."""

_NOBODY = "nobody@usher.invalid"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_NO_ROUTE = "No matching route"  # Asana does not know the address, which says nothing about a person
_LICENCES = {"view only": MembershipLicence.VIEW_ONLY, "enterprise": MembershipLicence.MEMBER}


class ScimUser(msgspec.Struct, frozen=True):
    """A person in SCIM. `id` is the gid. What Asana leaves out, or writes in an unknown way, is None: not known."""

    id: str
    user_name: str | None = None
    active: bool | None = None
    user_type: str | None = None
    addresses: tuple[str, ...] = ()

    @property
    def licence(self) -> MembershipLicence | None:
        """None when SCIM gives no licence, or one that Usher does not know."""
        return _LICENCES.get((self.user_type or "").strip().lower())

    def has_address(self, email: str) -> bool:
        return email.casefold() in [address.casefold() for address in self.addresses]

    @classmethod
    def from_json(cls, given: Mapping[str, object]) -> "ScimUser | None":
        """None without an id. SCIM servers write ids as numbers or text, and `active` as text, too."""
        gid = given.get("id")
        if not isinstance(gid, str | int) or isinstance(gid, bool) or gid == "":
            return None
        user_name = _text(given.get("userName"))
        emails = given.get("emails")
        listed = [
            _text(email.get("value") if isinstance(email, dict) else email)
            for email in (emails if isinstance(emails, list) else ())
        ]
        return cls(
            id=str(gid),
            user_name=user_name,
            active=_TRUTHS.get(str(given.get("active")).lower()),
            user_type=_text(given.get("userType")),
            addresses=tuple(address for address in (user_name, *listed) if address),
        )


_TRUTHS = {"true": True, "false": False}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


class _Users(msgspec.Struct, frozen=True):
    items: list[dict[str, object]] | None = msgspec.field(
        name="Resources", default=None
    )  # may be left out when empty


_user = msgspec.json.Decoder(dict[str, object])
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
        """None for people whom SCIM does not know: guests, and people who left long ago.

        So None does not say that somebody is gone: only their membership does.
        """
        try:
            given = await self._wire.get(_path(gid), {}, _user)
        except NotFound as error:
            if error.asana_message.startswith(_NO_ROUTE):
                raise
            return None
        user = ScimUser.from_json(given)
        if user is None:
            raise MalformedAnswer("Asana's SCIM server described a person without an id.")
        return user

    async def user_by_email(self, email: str) -> ScimUser | None:
        # A server that does not understand the filter may return anyone, so the address is compared again.
        return next((user for user in await self._named(email) if user.has_address(email)), None)

    async def set_licence(self, gid: str, user_type: UserType) -> None:
        """Frees a seat ("view only") or takes one ("enterprise"). The account stays.

        An answer of 200 does not prove the change: read the membership afterwards.
        """
        operation = {"op": "replace", "path": "userType", "value": user_type}
        await self._write("PATCH", gid, {"schemas": [_PATCH], "Operations": [operation]})

    async def deactivate(self, gid: str) -> None:
        """Removes the person from the organization, like `remove_user` with this token.

        Raises NotFound when SCIM does not know them, which is also so for guests who are still there. SCIM cannot
        bring them back.
        """
        await self._write("DELETE", gid, None)

    async def _write(self, method: Write, gid: str, body: object) -> None:
        await self._wire.write(method, _path(gid), body, _done)

    async def _named(self, email: str) -> list[ScimUser]:
        answer = await self._wire.get("/scim/Users", {"filter": filter_for(email)}, _users)
        read = [ScimUser.from_json(item) for item in answer.items or ()]
        return [user for user in read if user is not None]


def filter_for(email: str) -> str:
    """Values are written as in JSON (RFC 7644, 3.4.2.2), so that an address cannot change the filter."""
    return f"userName eq {msgspec.json.encode(email).decode()}"


def _path(gid: str) -> str:
    if gid.strip(".") == "":
        raise ValueError(f"not an id of Asana: {gid!r}")
    return f"/scim/Users/{quote(gid, safe='')}"
