"""The components that pages are made of. Built in: no template has to load them."""

import zlib
from datetime import date, datetime
from typing import NamedTuple, TypedDict

import msgspec
from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.forms.boundfield import BoundWidget
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.web.charts import ChartData, chart_data
from usher.web.phrases import brief_duration, duration, figure, initials, relative
from usher.web.tables import page_sizes, page_steps
from usher.web.words import Word, word

register = template.Library()
register.filter(duration)
register.filter(brief_duration)
register.filter(page_sizes)
register.filter(page_steps)

RELATIVE_FOR_DAYS = 30
AVATAR_TINTS = 6
CHART_KINDS = ("line", "area", "bar", "rows", "donut")


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite, for decoration: the words beside it say what it means."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f"icon {css}".strip(),
        static("vendor/icons.svg"),
        name,
    )


class BadgeContext(TypedDict):
    word: Word


@register.inclusion_tag("web/components/badge.html")
def badge(kind: str, value: str) -> BadgeContext:
    """A value of a kind in `web.words`: role, licence, status, mode, connection, run, check or change."""
    return {"word": word(kind, str(value))}


@register.simple_tag
def label(kind: str, value: str) -> str:
    """The words of a badge, without the badge."""
    return word(kind, str(value)).text


@register.inclusion_tag("web/components/badge.html")
def pill(text: str, tone: str = "neutral", icon: str = "") -> BadgeContext:
    """A badge with words of one's own."""
    return {"word": Word(text, icon, tone)}


class EmptyContext(TypedDict):
    title: str
    text: str
    icon: str
    url: str
    action: str


@register.inclusion_tag("web/components/empty.html")
def empty(title: str, text: str = "", icon: str = "inbox", url: str = "", action: str = "") -> EmptyContext:
    """What stands where there is nothing to show yet, and the way to change that."""
    return {"title": title, "text": text, "icon": icon or "inbox", "url": url, "action": action}


class ProblemContext(TypedDict):
    title: str
    why: str
    todo: str
    url: str
    action: str
    method: str
    tone: str
    csrf_token: object


@register.inclusion_tag("web/components/problem.html", takes_context=True)
def problem(
    context: RequestContext,
    title: str,
    why: str = "",
    todo: str = "",
    url: str = "",
    action: str = "",
    method: str = "get",
    tone: str = "danger",
) -> ProblemContext:
    """What happened, why, what to do, and a button that does it. `method="post"` makes the button a form."""
    return {
        "title": title,
        "why": why,
        "todo": todo,
        "url": url,
        "action": action,
        "method": method,
        "tone": tone,
        "csrf_token": context.get("csrf_token", ""),
    }


class ProgressContext(TypedDict):
    label: str
    value: float | None
    maximum: float | None
    text: str


@register.inclusion_tag("web/components/progress.html")
def progress(
    label: str, value: float | None = None, maximum: float | None = None, unit: str = ""
) -> ProgressContext:
    """How far something is. Without `value` and `maximum` it only says that it goes on."""
    if value is None:
        return {"label": label, "value": None, "maximum": None, "text": ""}
    if not maximum:
        text = f"{value:,} {unit}".strip()
        return {"label": label, "value": None, "maximum": None, "text": text}
    text = f"{value:,} of {maximum:,} {unit}".strip()
    return {"label": label, "value": min(value, maximum), "maximum": maximum, "text": text}


class StatContext(TypedDict):
    label: str
    value: str
    known: bool
    sub: str
    icon: str
    url: str
    trend: str
    trend_label: str
    direction: str


@register.inclusion_tag("web/components/stat.html")
def stat(
    label: str,
    value: float | str | None,
    sub: str = "",
    icon: str = "",
    url: str = "",
    trend: float | None = None,
    trend_label: str = "",
) -> StatContext:
    """One figure. None is shown as unknown, which is not zero. `trend` is the change."""
    direction = "none" if trend is None else "up" if trend > 0 else "down" if trend < 0 else "same"
    return {
        "label": label,
        "value": "—" if value is None else figure(value),
        "known": value is not None,
        "sub": sub,
        "icon": icon,
        "url": url,
        "trend": "" if trend is None else f"{trend:+,}" if trend else "no change",
        "trend_label": trend_label,
        "direction": direction,
    }


@register.simple_tag
def when(value: datetime | date | None, none: str = "—", style: str = "relative") -> SafeString:
    """A moment in the viewer's zone, in the style relative ("3 hours ago"), date or full."""
    if value is None:
        return format_html('<span class="text-secondary">{}</span>', none)
    if not isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, "j M Y"))
    local = timezone.localtime(value)
    full = f"{date_format(local, 'l, j F Y, H:i')} ({local.tzname()})"
    if style == "full":
        shown = date_format(local, "j M Y, H:i")
    elif style == "date" or abs((timezone.now() - value).days) > RELATIVE_FOR_DAYS:
        shown = date_format(local, "j M Y")
    else:
        shown = relative(value)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), full, shown)


class PersonContext(TypedDict):
    name: str
    email: str
    url: str
    initials: str
    tint: int


@register.inclusion_tag("web/components/person.html")
def person(name: str, email: str = "", url: str = "") -> PersonContext:
    """Who: initials, name, e-mail. A person without a name is shown by e-mail."""
    shown = name or email
    return {
        "name": shown or "Unknown person",
        "email": email if email != shown else "",
        "url": url,
        "initials": initials(shown),
        "tint": zlib.crc32(shown.encode()) % AVATAR_TINTS + 1,
    }


class CopyContext(TypedDict):
    text: str
    label: str


@register.inclusion_tag("web/components/copy.html")
def copy(text: str, label: str = "Copy") -> CopyContext:
    """A button that puts `text` on the clipboard."""
    return {"text": text, "label": label}


class ChartContext(TypedDict):
    id: str
    title: str
    sub: str
    kind: str
    size: str
    level: int
    data: ChartData
    json: object
    data_id: str
    empty_text: str


@register.inclusion_tag("web/components/chart.html")
def chart(
    id: str,
    title: str,
    kind: str,
    data: object,
    sub: str = "",
    size: str = "md",
    level: int = 2,
    empty_text: str = "It appears here after the first sync.",
) -> ChartContext:
    """A card with a chart and the table behind it. `data` is as `ChartData`.

    Bars stand (bar) or, where categories have long names, lie (rows).
    """
    if kind not in CHART_KINDS:
        raise template.TemplateSyntaxError(f"no chart is a {kind!r}; there are {', '.join(CHART_KINDS)}")
    shown = chart_data(data)
    return {
        "id": id,
        "title": title,
        "sub": sub,
        "kind": kind,
        "size": size,
        "level": level,
        "data": shown,
        "json": msgspec.to_builtins(shown),
        "data_id": f"{id}-data",
        "empty_text": empty_text,
    }


class Choice(NamedTuple):
    """One of a group of radio buttons or check boxes."""

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
    """A form field with label, help and errors, tied together for screen readers.

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
