"""Requests to every page: its filters, its forms and the parts of its address, with values that nobody expects.

What a page takes is read from the page itself: the fields of its forms, and the parameters of its links. Hidden
parameters (`page`, `sort`, `next` and so on) are added.
"""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, quote, quote_from_bytes, urlsplit

import msgspec
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import strategies as st

from tests.support.fuzz.files import files
from tests.support.fuzz.values import BYTES, DATES, LONG, NUMBERS, values

ALWAYS = ("page", "per_page", "sort", "next", "q", "connection", "workspace")
LINES_READ = 30
"""Of an export."""
NOT_PAGES = ("api/", "scim/")
METHODS = ("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY")
CONTENT_TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "multipart/form-data; boundary=x; charset=unicode_escape",
    "application/json",
    "text/plain; charset=no-such-charset",
    "",
)
Values = tuple[tuple[str, str], ...]


class Form(msgspec.Struct, frozen=True):
    """`fields`: each name with a value that the page offers. `files`: names of file fields."""

    path: str
    method: str
    fields: Values
    files: tuple[str, ...] = ()


class SharpRequest(msgspec.Struct, frozen=True):
    role: str
    method: str
    path: str
    query: str = ""
    fields: Values = ()
    files: tuple[tuple[str, str, bytes], ...] = ()
    body: bytes | None = None
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def send(self, clients: dict[str, Client]) -> HttpResponse:
        """Whatever it changes is taken back, so that the next request meets the same database."""
        client = clients[self.role]
        cookies = client.cookies.output()
        with transaction.atomic():
            answer = self._sent(client)
            if answer.streaming:
                for _ in islice(answer, LINES_READ):
                    pass
                answer.close()
            transaction.set_rollback(True)
        if client.cookies.output() != cookies:  # signed out, which the database has forgotten
            client.cookies.load(re.sub(r"(?m)^Set-Cookie: ", "", cookies))
        return answer

    def _sent(self, client: Client) -> Any:  # as Django's client
        address = f"{self.path}?{self.query}"
        headers = dict(self.headers)
        if self.body is not None:
            return client.generic(
                self.method, address, self.body, content_type=self.content_type, headers=headers
            )
        if self.method == "GET":
            return client.get(address, headers=headers)
        data: dict[str, Any] = {}
        for name, value in self.fields:
            data.setdefault(name, []).append(value)
        for name, file_name, content in self.files:
            data[name] = SimpleUploadedFile(file_name or "x", content)
        return client.post(address, data, headers=headers)


class _Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.forms, self.links = page, list[Form](), set[str]()
        self._attributes: dict[str, str] = {}
        self._fields: list[tuple[str, str]] = []
        self._files: list[str] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._attributes, self._fields, self._files = found, [], []
        self.links |= {found[name] for name in ("href", "hx-get") if name in found}
        if posted := found.get("hx-post"):
            self.forms.append(Form(self._path(posted), "POST", ()))
        name = found.get("name", "")
        if tag in ("input", "button", "textarea") and name:
            if found.get("type") == "file":
                self._files.append(name)
            else:
                self._fields.append((name, found.get("value", "")))
        if tag == "select":
            self._select = name
        if tag == "option" and self._select:
            self._fields.append((self._select, found.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "form" and self._attributes is not None:
            method = self._attributes.get("method", "get").upper()
            path = self._path(self._attributes.get("action") or self._attributes.get("hx-post") or "")
            self.forms.append(Form(path, method, tuple(self._fields), tuple(self._files)))

    def _path(self, address: str) -> str:
        return urlsplit(address).path or self.page


def forms_in(path: str, html: str) -> tuple[list[Form], list[Form]]:
    """The forms of a page, and its own filters as a form: those of its links and of its GET forms."""
    parser = _Forms(path)
    parser.feed(html)
    filters: dict[str, dict[str, None]] = {}
    for link in parser.links:
        parts = urlsplit(link)
        if parts.netloc or not parts.query:
            continue
        of_path = filters.setdefault(parts.path or path, {})
        of_path.update(dict.fromkeys(name for name, _ in parse_qsl(parts.query, keep_blank_values=True)))
    return parser.forms, [Form(at, "GET", tuple((n, "1") for n in names)) for at, names in filters.items()]


def targets(browser: Client, addresses: Iterable[str]) -> list[Form]:
    """Everything that the pages at these addresses take."""
    found: dict[tuple[str, str, Values], Form] = {}
    for path in addresses:
        answer = browser.get(path)
        html = "" if answer.streaming else answer.content.decode("utf-8", "replace")
        forms, filters = forms_in(path, html) if html.lstrip().startswith("<") else ([], [])
        every = {name: "" for form in (*forms, *filters) if form.path == path for name, _ in form.fields}
        own = Form(path, "GET", tuple({**dict.fromkeys(ALWAYS, "1"), **every}.items()))
        for form in (own, Form(path, "POST", tuple(every.items())), *forms, *filters):
            if not form.path.startswith("/sign-out"):
                found.setdefault((form.path, form.method, form.fields), form)
    return list(found.values())


def patterns() -> list[str]:
    """The addresses of all pages, as routes with `<…>` where they take something."""
    return [route for route in _routes(get_resolver().url_patterns, "") if "<" in route]


def _routes(of: list[Any], before: str) -> Iterator[str]:
    for pattern in of:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and not route.startswith(NOT_PAGES):
            yield f"/{route}"


def queries(fields: Values) -> st.SearchStrategy[str]:
    """Some of the fields, some of them twice, with sharp values; now and then bytes that are no UTF-8."""
    names = sorted({name for name, _ in fields}) or ["q"]
    offered = [value for _, value in fields] or [""]
    value = st.one_of(
        values().map(lambda text: quote(text, safe="")),
        st.sampled_from(offered).map(lambda text: quote(text, safe="")),
        st.sampled_from(BYTES).map(lambda raw: quote_from_bytes(raw, safe="%+")),
    )
    pair = st.tuples(st.sampled_from(names).map(quote), value).map("=".join)
    return st.lists(pair, max_size=5).map("&".join)


def _fields(form: Form) -> st.SearchStrategy[Values]:
    """The fields as the page offers them, but for some."""
    names = sorted({name for name, _ in form.fields if name != "csrfmiddlewaretoken"})
    if not names:
        return st.just(())
    offered = {name: [value for each, value in form.fields if each == name] for name in names}
    kept = st.fixed_dictionaries({name: st.sampled_from(offered[name]) for name in names})
    changed = st.dictionaries(st.sampled_from(names), values() | st.just(None), min_size=1, max_size=4)
    return st.tuples(kept, changed).map(
        lambda two: tuple((n, v) for n, v in {**two[0], **two[1]}.items() if v is not None)
    )


def requests(forms: list[Form], roles: list[str]) -> st.SearchStrategy[SharpRequest]:
    """Any request to any page, by anybody."""
    role = st.sampled_from(roles)
    getting = [form for form in forms if form.method == "GET"]
    posting = [form for form in forms if form.method == "POST"]

    def get(form: Form) -> st.SearchStrategy[SharpRequest]:
        headers = st.sampled_from([(), (("HX-Request", "true"),)])
        return st.builds(
            SharpRequest,
            role,
            st.just("GET"),
            st.just(form.path),
            queries(form.fields),
            headers=headers,
        )

    def post(form: Form) -> st.SearchStrategy[SharpRequest]:
        uploaded = st.tuples(*(st.tuples(st.just(n), values(), files()) for n in form.files))
        return st.builds(
            SharpRequest,
            role,
            st.just("POST"),
            st.just(form.path),
            fields=_fields(form),
            files=uploaded,
        )

    def raw(form: Form) -> st.SearchStrategy[SharpRequest]:
        body = st.one_of(
            st.binary(max_size=60),
            st.sampled_from([b"--x\r\n", b"[" * 10_000, b"&" * 3_000, b"a=%00&b=\xff", LONG.encode()]),
        )
        return st.builds(
            SharpRequest,
            role,
            st.sampled_from(("POST", "GET", *METHODS)),
            st.just(form.path),
            queries(form.fields),
            body=body,
            content_type=st.sampled_from(CONTENT_TYPES),
        )

    def odd(route: str) -> st.SearchStrategy[SharpRequest]:
        part = st.sampled_from([*NUMBERS, *DATES]) | values()
        return st.builds(
            lambda by, method, parts: SharpRequest(by, method, _filled(route, parts)),
            role,
            st.sampled_from(["GET", "POST"]),
            st.lists(part, min_size=3, max_size=3),
        )

    kinds = [
        st.sampled_from(getting).flatmap(get),
        st.sampled_from(getting).flatmap(get),
        st.sampled_from(posting).flatmap(post),
        st.sampled_from(posting).flatmap(post),
        st.sampled_from(forms).flatmap(raw),
        st.sampled_from(patterns()).flatmap(odd),
    ]
    return st.one_of(kinds)


def _filled(route: str, parts: list[str]) -> str:
    remaining = iter(parts)
    return re.sub(r"<[^>]+>", lambda _: quote(next(remaining), safe=""), route)
