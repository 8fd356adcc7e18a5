"""The form field component. Built in: templates use it without `{% load %}`."""

from collections.abc import Iterable
from typing import NamedTuple, TypedDict

from django import template
from django.db.models import Model
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.forms.boundfield import BoundWidget
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

SELECTED = SafeString(" selected")


class Choice(NamedTuple):
    """One option in a group of radio buttons or check boxes."""

    id: str
    type: str
    name: str
    value: str
    label: str
    description: str
    is_chosen: bool


class FieldContext(TypedDict):
    field: BoundField
    widget: SafeString
    checkable: bool
    choices: list[Choice]


@register.inclusion_tag("web/components/field.html")
def field(bound: BoundField) -> FieldContext:
    """A form field with its label, help and errors, linked for screen readers.

    Of a group of radio buttons or check boxes, what follows a colon in a choice is its description.
    """
    kind = bound.field.widget
    checkable = isinstance(kind, CheckboxInput)
    css = "form-select" if isinstance(kind, Select) else "form-control"
    if checkable:
        css = "form-check-input"
    classes = [css, kind.attrs.get("class", ""), "is-invalid" if bound.errors else ""]
    widget = bound.as_widget(attrs={"class": " ".join(filter(None, classes))})
    grouped = isinstance(kind, RadioSelect | CheckboxSelectMultiple)
    choices = [_choice(option) for option in bound.subwidgets] if grouped else []
    return {"field": bound, "widget": widget, "checkable": checkable, "choices": choices}


def _choice(option: BoundWidget) -> Choice:
    data = option.data
    label, _, description = option.choice_label.partition(": ")
    return Choice(
        id=option.id_for_label,
        type=data["type"],
        name=data["name"],
        value=str(data["value"]),
        label=label,
        description=description[:1].upper() + description[1:],
        is_chosen=data["selected"],
    )


@register.simple_tag
def options(objects: Iterable[Model], chosen: Model | None = None) -> SafeString:
    """The options of a `select`, one for each object. In Python, since there may be hundreds."""
    return format_html_join(
        "\n",
        '<option value="{}"{}>{}</option>',
        ((one.pk, SELECTED if one == chosen else "", str(one)) for one in objects),
    )
