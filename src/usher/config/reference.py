"""The reference of the REST API as a page: from the same description as /api/v1/openapi.json, without any script."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from usher.config.api import api

Document = Mapping[str, Any]


@dataclass(frozen=True)
class ParameterShown:
    name: str
    place: str
    kind: str
    text: str
    is_required: bool


@dataclass(frozen=True)
class OperationShown:
    """`key` is its address on the page."""

    key: str
    method: str
    path: str
    title: str
    text: str
    parameters: list[ParameterShown]
    body: str
    answers: list[tuple[str, str]]
    example: str


@dataclass
class TagShown:
    name: str
    key: str
    operations: list[OperationShown] = field(default_factory=list)


@require_GET
def reference(request: HttpRequest) -> HttpResponse:
    document = api.get_openapi_schema()
    by_tag: dict[str, list[OperationShown]] = defaultdict(list)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for tag in operation.get("tags", ["Other"])[:1]:
                by_tag[tag].append(_operation(path, method, operation))
    tags = [TagShown(tag, f"tag-{number}", shown) for number, (tag, shown) in enumerate(by_tag.items())]
    base = request.build_absolute_uri("/api/v1/").removesuffix("/")
    return render(request, "rest/reference.html", {"tags": tags, "base": base})


def _operation(path: str, method: str, operation: Document) -> OperationShown:
    title, _, text = str(operation.get("description") or operation.get("summary") or "").partition("\n\n")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return OperationShown(
        key=str(operation["operationId"]),
        method=method.upper(),
        path=path,
        title=title,
        text=text,
        parameters=[_parameter(each) for each in operation.get("parameters", [])],
        body=_json(body.get("example")),
        answers=[
            (str(status), str(each.get("description", ""))) for status, each in operation["responses"].items()
        ],
        example=_example(operation),
    )


def _parameter(given: Document) -> ParameterShown:
    return ParameterShown(
        name=str(given["name"]),
        place=str(given["in"]),
        kind=", ".join(_kinds(given.get("schema", {}))),
        text=str(given.get("description", "")).replace("`", ""),
        is_required=bool(given.get("required")),
    )


def _kinds(schema: Document) -> Iterator[str]:
    for each in schema.get("anyOf", [schema]):
        items = each.get("items", {})
        choices = each.get("enum") or items.get("enum")
        if choices:
            yield " | ".join(str(choice) for choice in choices)
        elif each.get("type") != "null":
            yield f"{each.get('type', 'text')}{' (date)' if each.get('format') == 'date' else ''}"
    if "default" in schema and schema["default"] is not None:
        yield f"default {schema['default']}"


def _example(operation: Document) -> str:
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json", {})
        if str(status).startswith("2") and "example" in content:
            return _json(content["example"])
    return ""


def _json(value: object) -> str:
    return "" if value is None else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
