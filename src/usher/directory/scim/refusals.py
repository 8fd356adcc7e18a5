"""What was refused to SCIM clients, kept so that somebody sees it: most of all deactivations that did not count."""

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from django.db.models import Max

from usher.directory.models import Employee, EmployeeChange, ScimRefusal, Source
from usher.directory.scim.activity import active_in, is_unreadable
from usher.directory.scim.ids import number_of

KEPT = 100
"""For each source."""
LONGEST_BODY = 4_000
WARNED_FOR = timedelta(days=7)
SECRET = re.compile(r"pass(word|wd)|secret|token|authorization|credential|api_?key|private", re.IGNORECASE)
SECRET_IN_TEXT = re.compile(
    r"""("[^"]*(?:pass(?:word|wd)|secret|token|authorization|credential|api_?key|private)[^"]*"\s*:\s*)"""
    r"""("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)""",
    re.IGNORECASE,
)
USER_PATH = re.compile(r"/?Users/([^/?]+)/?", re.IGNORECASE)
HIDDEN = "(not kept)"
SETTLES = (EmployeeChange.Kind.LEFT, EmployeeChange.Kind.JOINED, EmployeeChange.Kind.RETURNED)


class RefusedRequest(msgspec.Struct, frozen=True):
    """`path` without /scim/v2."""

    method: str
    path: str
    body: bytes


def is_worth_keeping(method: str, status: int) -> bool:
    """Identity providers also ask for what may not be there. That is no refusal."""
    return status >= 400 and (method != "GET" or status not in (404, 501))


def keep(source: Source, request: RefusedRequest, status: int, reason: str, at: datetime) -> ScimRefusal:
    """Outside the transaction of the request, which is rolled back."""
    payload = _payload(request.body)
    employee = _employee(source, request.path, payload)
    name = (employee.name or employee.email or employee.key) if employee else _name_in(payload)
    kept = ScimRefusal.objects.create(
        source=source,
        at=at,
        method=request.method[:7],
        path=_storable(request.path)[:500],
        request=without_secrets(request.body)[:LONGEST_BODY],
        status=status,
        reason=_storable(reason)[:1000],
        is_about_active=_is_about_active(request, status, payload),
        employee=employee,
        person_name=name[:320],
    )
    newest = ScimRefusal.objects.filter(source=source).order_by("-pk").values("pk")[:KEPT]
    ScimRefusal.objects.filter(source=source).exclude(pk__in=newest).delete()
    return kept


def says_unreadable_active(body: bytes) -> bool:
    """Whether a request that was answered gave `active` a value that nobody can read."""
    return b"ctive" in body.lower() and (payload := _payload(body)) is not None and is_unreadable(payload)


def without_secrets(body: bytes) -> str:
    """The body as text, for people to read."""
    payload = _payload(body)
    if payload is None:
        return SECRET_IN_TEXT.sub(rf'\1"{HIDDEN}"', _storable(body.decode("utf-8", "replace")))
    return _storable(json.dumps(_hidden(payload), ensure_ascii=False))


def unsettled(now: datetime, sources: Iterable[int] | None = None) -> list[ScimRefusal]:
    """Refusals of the last days that would have switched somebody on or off, which nothing has settled since."""
    refusals = ScimRefusal.objects.filter(is_about_active=True, at__gte=now - WARNED_FOR)
    if sources is not None:
        refusals = refusals.filter(source__in=sources)
    found = list(refusals.select_related("employee", "source").order_by("-pk"))
    about = {
        each.pk: each.employee or _employee(each.source, each.path, _payload(each.request.encode()))
        for each in found
    }
    changes = EmployeeChange.objects.filter(employee__in=filter(None, about.values()), kind__in=SETTLES)
    switched = dict(changes.order_by().values_list("employee").annotate(Max("seen_at")))
    return [
        each
        for each in found
        if (employee := about[each.pk]) is None or not _is_settled(each, employee, switched.get(employee.pk))
    ]


def _is_settled(refusal: ScimRefusal, employee: Employee, switched_at: datetime | None) -> bool:
    """Whether the same person was switched on or off later, or already is as the request wanted it."""
    wanted = False if refusal.method == "DELETE" else active_in(_payload(refusal.request.encode()))
    if wanted is not None and wanted == (employee.is_active and employee.is_listed):
        return True
    return switched_at is not None and switched_at > refusal.at


def _is_about_active(request: RefusedRequest, status: int, payload: object) -> bool:
    if request.method == "DELETE":
        # Who is not there any more needs no deleting: providers repeat such requests.
        return status != 404 and USER_PATH.match(request.path) is not None
    if request.method not in ("POST", "PUT", "PATCH") or not request.path.strip("/").lower().startswith(
        "users"
    ):
        return False
    if payload is None:
        return b"active" in request.body.lower()
    return active_in(payload) is not None or is_unreadable(payload)


def _employee(source: Source, path: str, payload: object) -> Employee | None:
    """Whom the request is about: by the id in its path, else by user name or external id."""
    of_source = Employee.objects.filter(source=source)
    if match := USER_PATH.match(path):
        return of_source.filter(pk=number_of(match[1])).first()
    if not isinstance(payload, dict):
        return None
    texts = {key.lower(): value for key, value in payload.items() if isinstance(value, str) and value.strip()}
    user_name, external_id = texts.get("username", ""), texts.get("externalid", "")
    found = of_source.filter(key=user_name.strip().lower()).first() if user_name else None
    if found is None and external_id:
        found = of_source.filter(external_id=external_id).order_by("-changed_at").first()
    return found


def _name_in(payload: object) -> str:
    if not isinstance(payload, dict):
        return ""
    texts = {key.lower(): value for key, value in payload.items() if isinstance(value, str) and value.strip()}
    return _storable(texts.get("displayname") or texts.get("username") or texts.get("externalid") or "")


def _payload(body: bytes) -> object:
    try:
        payload: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return payload


def _hidden(value: object) -> object:
    if isinstance(value, dict):
        names_secret = SECRET.search(str(_in_any_case(value, "path") or ""))
        return {
            key: HIDDEN if SECRET.search(key) or (names_secret and key.lower() == "value") else _hidden(each)
            for key, each in value.items()
        }
    return [_hidden(each) for each in value] if isinstance(value, list) else value


def _in_any_case(attributes: dict[str, object], name: str) -> object:
    return next((value for key, value in attributes.items() if key.lower() == name), None)


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
