"""Identity providers of several makes, over months: people join, leave, return and get new names and addresses."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.support.directory.identity_provider import ENTERPRISE, PATCH_OP, USER, IdentityProvider

GIVEN = ["Ada", "Bo", "Cleo", "Dmitri", "Esra", "Finn", "Gloria", "Hugo", "Ines", "Jonas"]
FAMILY = ["Adler", "Berg", "Costa", "Dahl", "Ek", "Fuchs", "Gruber", "Holm"]
STYLES = ["okta", "entra", "onelogin", "google", "jumpcloud"]
HEX = "00112233445566778899aabbccddeeff"


@dataclass
class Somebody:
    """One person as the identity provider knows them: the truth that Usher's view is compared with."""

    number: int
    given: str
    family: str
    address: str
    external_id: str
    is_here: bool = True
    user_id: str = ""
    deleted_ids: list[str] = field(default_factory=list)
    is_deleted: bool = False
    lost_external_id: bool = False
    waiting: list[Callable[[], bool]] = field(default_factory=list)
    """Requests that did not arrive or were not answered; sent again in order, and before any others."""


@dataclass
class Life:
    """One identity provider of one make, with its people. Each verb changes the truth, and then tells Usher."""

    idp: IdentityProvider
    style: str
    people: list[Somebody] = field(default_factory=list)
    joined: Callable[[Somebody], None] = lambda somebody: None
    """Called once Usher knows somebody for the first time."""
    renames: int = 0

    # What happens to people

    def join(self, variant: int, fate: str) -> None:
        """Somebody new, sometimes with the address, and perhaps the external id, of somebody who left."""
        if len(self.people) == len(GIVEN):
            return
        number = len(self.people)
        given, family = GIVEN[number], FAMILY[variant % len(FAMILY)]
        new = Somebody(number, given, family, f"{given}.{family}@acme.example".lower(), f"ext-{number}")
        before = next(
            (each for each in self.people if not each.is_here and not self._is_taken(each.address)), None
        )
        if before is not None and variant % 3:
            new.address = before.address
            if variant % 3 == 2 and not before.lost_external_id:
                new.external_id, before.lost_external_id = before.external_id, True
        self.people.append(new)
        self._send(new, lambda: self._post(new), fate)
        self._send(new, lambda: self._is_known(new), "arrives")

    def leave(self, who: Somebody, variant: int, fate: str) -> None:
        if not who.is_here:
            return
        who.is_here = False
        deletes = self.style in ("google", "onelogin") and variant % 2
        self._send(
            who, (lambda: self._delete(who)) if deletes else (lambda: self._switch_off(who, variant)), fate
        )

    def purge(self, who: Somebody, variant: int, fate: str) -> None:
        """Whoever is off is deleted for good. Okta never does."""
        if not who.is_here and not who.is_deleted and self.style != "okta":
            self._send(who, lambda: self._delete(who), fate)

    def come_back(self, who: Somebody, variant: int, fate: str) -> None:
        if who.is_here or (who.lost_external_id and (who.is_deleted or who.waiting)):
            return
        who.is_here = True
        if self._is_taken(who.address, but_for=who):
            who.address = f"{who.given}.{who.family}{self._next()}@acme.example".lower()
        by_post = variant % 3 == 0 and not who.lost_external_id

        def send() -> bool:
            if who.is_deleted or by_post:
                return self._post(who)
            return self._switch_on(who, variant)

        self._send(who, send, fate)

    def rename(self, who: Somebody, variant: int, fate: str) -> None:
        """A marriage: another last name, and another address."""
        if not who.is_here:
            return
        who.family = FAMILY[(FAMILY.index(who.family) + 1) % len(FAMILY)]
        who.address = f"{who.given}.{who.family}{self._next()}@acme.example".lower()
        if variant % 4 == 0 and not who.lost_external_id:
            self._send(who, lambda: self._switch_off(who, 0, keep_names=True), fate)
            self._send(who, lambda: self._post(who), fate)
        elif variant % 4 == 1 and not who.lost_external_id and self._owns_external_id(who):
            self._send(who, lambda: self._post_before_old_goes(who), fate)
        else:
            self._send(who, lambda: self._switch_on(who, variant), fate)

    def change(self, who: Somebody, variant: int, fate: str) -> None:
        """A profile that says nothing of `active`, though some clients send it as a whole."""
        if who.is_deleted or not who.user_id or who.waiting:
            return
        if self.style in ("okta", "onelogin", "jumpcloud"):
            body = self._body(who) | {"title": f"Title {variant}"}
            del body["active"]
            if not who.is_here and self.style == "okta":
                body["active"] = False
            self._send(who, lambda: self._put(who, body), fate)
        else:
            operation = {
                "op": "Replace",
                "path": f"{ENTERPRISE}:department",
                "value": f"Department {variant}",
            }
            self._send(who, lambda: self._patch(who, operation), fate)

    def repeat_old_delete(self, who: Somebody, variant: int, fate: str) -> None:
        """Late, of a user whom the provider deleted long ago."""
        for user_id in who.deleted_ids:
            self._call("DELETE", f"/Users/{user_id}")

    def deliver_all(self) -> None:
        """Everything that waits arrives."""
        for _ in range(len(self.people) + 2):
            for who in self.people:
                self._deliver(who)
        assert not any(who.waiting for who in self.people), [who for who in self.people if who.waiting]

    # How Usher is told

    def _send(self, who: Somebody, request: Callable[[], bool], fate: str) -> None:
        """`fate`: arrives, twice, lost (it does not arrive), or unanswered (it arrives unbeknown)."""
        self._deliver(who)
        if who.waiting or fate == "lost":
            who.waiting.append(request)
        elif fate == "unanswered":
            was = who.user_id, who.is_deleted
            if request():
                who.user_id, who.is_deleted = was
            who.waiting.append(request)
        else:
            if not request():
                who.waiting.append(request)
            elif fate == "twice":
                request()

    def _deliver(self, who: Somebody) -> None:
        while who.waiting and who.waiting[0]():
            who.waiting.pop(0)

    def _post(self, who: Somebody) -> bool:
        """A name that is taken is looked for, and taken over only if it is the same person."""
        status, answer = self._call("POST", "/Users", self._body(who))
        if status == 201:
            who.user_id, who.is_deleted = answer["id"], False
            return True
        assert status == 409, answer
        filter_ = quote(f'userName eq "{who.address}"')
        found = self._call("GET", f"/Users?filter={filter_}")[1].get("Resources", [])
        mine = [
            each
            for each in found
            if each.get("externalId") == who.external_id and each["displayName"].startswith(who.given)
        ]
        if not mine:
            return False
        who.user_id, who.is_deleted = mine[0]["id"], False
        return self._put(who, self._body(who))

    def _post_before_old_goes(self, who: Somebody) -> bool:
        old = who.user_id
        if not self._post(who):
            return False
        if old and old != who.user_id:
            off = {"op": "replace", "path": "active", "value": False}
            self._call("PATCH", f"/Users/{old}", {"schemas": [PATCH_OP], "Operations": [off]})
        return True

    def _switch_off(self, who: Somebody, variant: int, *, keep_names: bool = False) -> bool:
        if who.is_deleted:
            return True
        match self.style:
            case "okta" | "google":
                return self._patch(who, {"op": "replace", "value": {"active": False}})
            case "entra" if variant % 2 and not keep_names:
                mangled = f"{HEX}{who.address}"
                return self._patch(
                    who,
                    {"op": "Replace", "path": "active", "value": "False"},
                    {"op": "Replace", "path": "userName", "value": mangled},
                    {"op": "Replace", "path": 'emails[type eq "work"].value', "value": mangled},
                    {"op": "Remove", "path": 'manager[value eq "1"]'},
                )
            case "entra":
                return self._patch(who, {"op": "Replace", "path": "active", "value": "False"})
            case _ if keep_names:
                return self._patch(who, {"op": "replace", "path": "active", "value": "false"})
            case _:
                return self._put(who, self._body(who) | {"active": False})

    def _switch_on(self, who: Somebody, variant: int) -> bool:
        if self.style in ("entra", "google"):
            return self._patch(
                who,
                {"op": "Replace", "path": "active", "value": "True"},
                {"op": "Replace", "path": "userName", "value": who.address},
                {"op": "Replace", "path": 'emails[type eq "work"].value', "value": who.address},
                {"op": "Replace", "path": "displayName", "value": f"{who.given} {who.family}"},
            )
        return self._put(who, self._body(who))

    def _delete(self, who: Somebody) -> bool:
        if not who.user_id or who.is_deleted:
            return True
        status, _ = self._call("DELETE", f"/Users/{who.user_id}")
        assert status in (204, 404)
        who.deleted_ids.append(who.user_id)
        who.is_deleted = True
        return True

    def _patch(self, who: Somebody, *operations: dict[str, object]) -> bool:
        body = {"schemas": [PATCH_OP], "Operations": list(operations)}
        return self._changed(who, *self._call("PATCH", f"/Users/{who.user_id}", body))

    def _put(self, who: Somebody, body: dict[str, Any]) -> bool:
        return self._changed(who, *self._call("PUT", f"/Users/{who.user_id}", body))

    def _changed(self, who: Somebody, status: int, answer: dict[str, Any]) -> bool:
        """A user who is not there any more is added again, if they are here. A name that is taken is tried later."""
        if status == 404:
            return self._post(who) if who.is_here else True
        assert status in (200, 409), answer
        return status == 200

    def _is_known(self, who: Somebody) -> bool:
        self.joined(who)
        return True

    def _body(self, who: Somebody) -> dict[str, Any]:
        body: dict[str, Any] = {
            "schemas": [USER, ENTERPRISE],
            "externalId": who.external_id,
            "userName": who.address,
            "active": who.is_here,
            "displayName": f"{who.given} {who.family}",
            "name": {"givenName": who.given, "familyName": who.family},
            "emails": [{"value": who.address, "type": "work", "primary": True}],
        }
        if self.style == "onelogin":
            del body["schemas"]
        return body

    def _call(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        answer = self.idp.any_answer(method, path, body)
        return answer.status, answer.json if answer.content else {}

    def _is_taken(self, address: str, but_for: Somebody | None = None) -> bool:
        return any(each.is_here and each.address == address for each in self.people if each is not but_for)

    def _owns_external_id(self, who: Somebody) -> bool:
        return sum(each.external_id == who.external_id for each in self.people) == 1

    def _next(self) -> int:
        self.renames += 1
        return self.renames
