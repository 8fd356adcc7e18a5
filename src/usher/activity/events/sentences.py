"""What happened, in one sentence for people who do not know Asana's event types."""

import re
from collections.abc import Mapping
from functools import cached_property

from usher.activity.events.event_types import KNOWN
from usher.asana import AuditActor, AuditLogEvent, Context, Resource

LONGEST_NAME = 80
VALUES_SHOWN = 3

_ACTORS = {
    "asana": "Asana",
    "asana_support": "Asana support",
    "external_administrator": "An external administrator",
    "anonymous": "Someone who is not signed in",
}
_METHODS = {
    "google": "Google",
    "google_sso": "Google",
    "password": "a password",
    "sso": "single sign-on",
    "two_factor": "a second factor",
}
_VALUES = {"domain_admin": "admin", "true": "on", "false": "off"}
_ABBREVIATIONS = ("ai", "api", "csv", "id", "ip", "saml", "scim", "sso", "url")
_MEMBERS = ("user", "member")
"""Details that hold a person."""
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


NO_NAMES: Mapping[str, str] = {}


def sentence(event: AuditLogEvent, names: Mapping[str, str] = NO_NAMES) -> str:
    """Who did what to what, without a full stop. Never fails: general words replace what Asana leaves out.

    `names` are those of known people, by gid, for people whom the event does not name (`unnamed_people`).
    """
    parts = _Parts(event, names)
    event_type = KNOWN.get(event.event_type or "")
    if event_type is None:
        return _from_name_of_type(event.event_type or "", parts) + parts.means(names_app=False)
    is_own = parts.is_own or (event_type.category == "logins" and not parts.resource_name)
    template = event_type.own_template if event_type.own_template and is_own else event_type.template
    return template.format_map(parts) + parts.means(names_app="{app}" in template)


def unnamed_people(event: AuditLogEvent) -> set[str]:
    """The gids of people whom the event refers to without a name or an address."""
    actor, resource, context = event.actor, event.resource, event.context
    gids = set()
    if actor and actor.gid and not (_name(actor.name) or _name(actor.email)):
        gids.add(actor.gid)
    is_person = resource is not None and resource.resource_type in ("user", None)
    if is_person and resource and resource.gid and not (_name(resource.name) or _name(resource.email)):
        gids.add(resource.gid)
    if context and context.on_behalf_of_user_id:
        gids.add(str(context.on_behalf_of_user_id))
    return gids | {gid for key in _MEMBERS if (gid := _gid_in((event.details or {}).get(key)))}


class _Thing:
    """A resource with its noun: `{thing:project}` becomes "the project “Roadmap”" or "a project"."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __format__(self, noun: str) -> str:
        if self._name:
            return f"the {noun} “{self._name}”"
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


class _Parts:
    """The parts that a template may name, computed only if it does."""

    def __init__(self, event: AuditLogEvent, names: Mapping[str, str]) -> None:
        self._names = names
        self._actor = event.actor or AuditActor()
        self._resource = event.resource or Resource()
        self._details: Mapping[str, object] = event.details or {}
        self._context = event.context or Context()

    def __getitem__(self, name: str) -> object:
        return getattr(self, name)

    @property
    def actor(self) -> str:
        actor = self._actor
        if actor.actor_type in _ACTORS:
            return _ACTORS[actor.actor_type]
        named = _name(actor.name) or _name(actor.email) or self._known(actor.gid)
        if named:
            return named
        return "A deleted account" if actor.actor_type == "user" else "Someone"

    @property
    def is_own(self) -> bool:
        """Whether actor and resource are the same person."""
        return bool(self._actor.gid) and self._actor.gid == self._resource.gid

    @cached_property
    def resource_name(self) -> str:
        own = _name(self._resource.name) or _name(self._resource.email)
        return own or self._known(self._resource.gid)

    @property
    def thing(self) -> _Thing:
        return _Thing(self.resource_name)

    @property
    def workspace(self) -> str:
        is_person = self._resource.resource_type == "user"
        return (not is_person and self.resource_name) or self._group or "the organization"

    @property
    def person(self) -> str:
        if self.is_own:
            return "themselves"
        return self.resource_name or ("a deleted account" if self._resource.gid else "somebody")

    @property
    def whose(self) -> str:
        return "their own" if self.is_own else f"{self.person}'s"

    @property
    def member(self) -> str:
        """Who was added or removed: the resource if it is a person, else what the details say."""
        if self._resource.resource_type == "user":
            return self.person
        given = [self._details.get(key) for key in _MEMBERS]
        named = [name for value in given if (name := _plain(value) or self._known(_gid_in(value)))]
        return named[0] if named else "somebody"

    @property
    def place(self) -> _Thing:
        return _Thing(self._group if self._resource.resource_type == "user" else self.resource_name)

    @property
    def app(self) -> str:
        name = _name(self._context.oauth_app_name) or _plain(self._details.get("app_name"))
        return f"the app “{name}”" if name else "an app"

    @property
    def group(self) -> str:
        return f" in {self._group}" if self._group else ""

    @property
    def value(self) -> str:
        """The value that was added or removed."""
        value = _in_words(self._new) or _in_words(self._old)
        return f" ({value})" if value else ""

    @property
    def change(self) -> str:
        return self._from_to(_in_words(self._old), _in_words(self._new))

    @property
    def renaming(self) -> str:
        """Like `change`, for names, which stay as people wrote them."""
        return self._from_to(_plain(self._old), _plain(self._new))

    @property
    def method(self) -> str:
        asked = self._details.get("method")
        methods = asked if isinstance(asked, list) else [asked]
        named = [_METHODS.get(text.casefold(), text) for text in map(_in_words, methods) if text]
        return f" with {' and '.join(named[:VALUES_SHOWN])}" if named else ""

    def means(self, *, names_app: bool) -> str:
        """The rule, app or token that did it, if any."""
        context = self._context
        means = []
        if rule := _name(context.rule_name):
            means.append(f"by the rule “{rule}”")
        app = _name(context.oauth_app_name)
        if app and not names_app:
            means.append(f"through the app “{app}”")
        elif context.api_authentication_method == "oauth" and not app:
            means.append("through an app")
        elif context.api_authentication_method == "personal_access_token":
            means.append("with a personal access token")
        elif context.api_authentication_method == "service_account":
            means.append("with a service account")
        if context.on_behalf_of_user_id:
            gid = str(context.on_behalf_of_user_id)
            means.append(f"on behalf of {self._known(gid) or f'the person with ID {_name(gid)}'}")
        return f" ({', '.join(means)})" if means else ""

    def _known(self, gid: str | None) -> str:
        return _name(self._names.get(gid)) if gid else ""

    @property
    def _group(self) -> str:
        return _plain(self._details.get("group"))

    @property
    def _old(self) -> object:
        return self._details.get("old_value")

    @property
    def _new(self) -> object:
        return self._details.get("new_value")

    @staticmethod
    def _from_to(old: str, new: str) -> str:
        return (f" from “{old}”" if old else "") + (f" to “{new}”" if new else "")


def _from_name_of_type(event_type: str, parts: _Parts) -> str:
    """A sentence for an unknown type, from its name, which usually ends with the verb."""
    *words, verb = [_spelled(word) for word in event_type.casefold().split("_") if word] or [""]
    if not verb:
        return f"{parts.actor} did something that Asana doesn't name"
    if not verb.endswith("ed") or not words:
        what = " ".join([*words, verb])
        return f"{parts.actor} did “{what}”{_on(parts)}"
    return f"{parts.actor} {verb} “{' '.join(words)}”{_on(parts)}{parts.change}"


def _on(parts: _Parts) -> str:
    return f" on {parts.resource_name}" if parts.resource_name else ""


def _spelled(word: str) -> str:
    return word.upper() if word in _ABBREVIATIONS else _name(word)


def _name(text: str | None) -> str:
    """On one line and shortened. Empty if there is nothing to read."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in text or "").split())
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"


def _gid_in(value: object) -> str:
    gid = value.get("gid") if isinstance(value, Mapping) else None
    return gid if isinstance(gid, str) else ""


def _plain(value: object) -> str:
    """A value of the details: text, number, list, or an object with a name."""
    match value:
        case str():
            return _name(value)
        case bool():
            return "on" if value else "off"
        case int() | float():
            return _name(str(value))
        case Mapping():
            return _plain(value.get("name")) or _plain(value.get("email"))
        case list() | tuple():
            texts = [text for text in map(_plain, value) if text]
            more = len(texts) - VALUES_SHOWN
            return _name(", ".join(texts[:VALUES_SHOWN]) + (f" and {more} more" if more > 0 else ""))
        case _:
            return ""


def _in_words(value: object) -> str:
    """A value of a setting, such as `admins_only`."""
    text = _plain(value)
    return _VALUES.get(text) or (text.replace("_", " ") if _IDENTIFIER.fullmatch(text) else text)
