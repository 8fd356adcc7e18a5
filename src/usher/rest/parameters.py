"""The parameters of a list, for its description: those of every list, and the filters of its page."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import django_filters
from django import forms

MOST = 1_000
USUAL = 100
FORMATS = ("json", "jsonl", "csv")
Parameter = dict[str, Any]
NUMBER: Parameter = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
TEXT: Parameter = {"type": "string", "maxLength": 320, "pattern": r"^[^\u0000]*$"}


def parameter(name: str, schema: Parameter, description: str = "") -> Parameter:
    described = {"name": name, "in": "query", "required": False, "schema": schema}
    return {**described, "description": description} if description else described


def of_every_list(fields: Sequence[str], sorts: Sequence[str], usual_sort: str) -> list[Parameter]:
    both = [f"{sign}{name}" for name in sorts for sign in ("", "-")]
    return [
        parameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
            "So many on a page. Files are whole.",
        ),
        parameter("cursor", {"type": "string", "maxLength": 2_000}, "`next` of the page before."),
        *(
            [parameter("sort", {"type": "string", "enum": both, "default": usual_sort}, "“-” for backwards.")]
            if sorts
            else []
        ),
        {
            **parameter(
                "fields",
                {"type": "array", "items": {"type": "string", "enum": list(fields)}, "minItems": 1},
                "Only these, separated by commas.",
            ),
            "style": "form",
            "explode": False,
        },
        parameter(
            "format",
            {"type": "string", "enum": list(FORMATS), "default": "json"},
            "`jsonl` and `csv`: everything that matches, as a file.",
        ),
    ]


def of_filters(filters: type[django_filters.FilterSet] | None) -> Iterator[Parameter]:
    """As the page of the same list reads them from its address."""
    for name, each in filters.base_filters.items() if filters else ():
        words = str(each.label or "")
        if isinstance(each, django_filters.DateFromToRangeFilter):
            for end in ("after", "before"):
                yield parameter(f"{name}_{end}", {"type": "string", "format": "date"}, words)
        elif isinstance(each, django_filters.MultipleChoiceFilter):
            yield {
                **parameter(
                    name, {"type": "array", "items": {"type": "string", "enum": _choices(each)}}, words
                ),
                "style": "form",
                "explode": True,
            }
        elif isinstance(each, django_filters.ModelChoiceFilter):
            yield parameter(name, NUMBER, words)
        elif isinstance(each, django_filters.ChoiceFilter):
            yield parameter(name, {"type": "string", "enum": _choices(each)}, words)
        elif isinstance(each, django_filters.NumberFilter):
            least, most = each.extra.get("min_value", 0), each.extra.get("max_value", 10**9)
            yield parameter(name, {"type": "integer", "minimum": least, "maximum": most}, words)
        elif isinstance(each, django_filters.BooleanFilter):
            yield parameter(name, {"type": "boolean"}, words)
        else:
            yield parameter(name, TEXT, words)


def of_form(form: type[forms.Form]) -> list[Parameter]:
    """As a page reads them from its address with a form."""
    return [
        parameter(name, _schema(field), str(field.label or "")) for name, field in form.base_fields.items()
    ]


def _schema(field: forms.Field) -> Parameter:
    if isinstance(field, forms.DateField):
        return {"type": "string", "format": "date"}
    if isinstance(field, forms.ModelChoiceField):
        return NUMBER
    if isinstance(field, forms.ChoiceField):
        return {"type": "string", "enum": [str(value) for value, _ in field.choices if value != ""]}  # type: ignore[misc, union-attr]
    longest = field.max_length if isinstance(field, forms.CharField) else None
    return {**TEXT, "maxLength": longest or TEXT["maxLength"]}


def names_of(parameters: Iterable[Parameter]) -> frozenset[str]:
    return frozenset(str(each["name"]) for each in parameters)


def _choices(each: django_filters.Filter) -> list[str]:
    choices = each.extra.get("choices", ())
    return [str(value) for value, _ in (choices() if callable(choices) else choices)]
