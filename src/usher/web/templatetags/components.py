"""The components that pages are made of. Built in: templates use them without `{% load %}`."""

import html
import zlib
from datetime import date, datetime
from functools import cache
from typing import TypedDict

from django import template
from django.template.context import Context, RequestContext
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tables2 import Table

from usher.platform.following.tracking import request_id
from usher.web.badges import Badge, badge_of
from usher.web.phrases import brief_duration, day_in_words, duration, figure, initials, relative
from usher.web.table.links import page_links, page_sizes
from usher.web.table.rows import rows_of

register = template.Library()
register.filter(duration)
register.filter(brief_duration)
register.filter(page_sizes)
register.filter(page_links)

RELATIVE_FOR_DAYS = 30
AVATAR_TINTS = 6
UNKNOWN_FIGURE = SafeString('<span aria-hidden="true">—</span><span class="visually-hidden">unknown</span>')


@register.simple_tag
def request_number() -> SafeString:
    """On the pages of errors: what to look for in the log. Needs nothing of the request, which may be what failed."""
    number = request_id()
    if not number:
        return SafeString("")
    return format_html(
        '<p class="text-secondary mt-3 mb-0">Request <code id="request-id">{}</code>, as it stands in the log</p>',
        number,
    )


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon from the sprite. It is decorative: the text beside it says what it means."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f"icon {css}".strip(),
        _sprite(),
        name,
    )


_icon = icon
"""Where an argument has its name."""


@cache
def _sprite() -> str:
    """Its address does not change while a process runs, and a page asks for it some fifty times."""
    return static("vendor/icons.svg")


@register.simple_tag
def badge(kind: str, value: str) -> SafeString:
    """A value of one of the kinds in `web.badges`, such as a role, a licence or the state of a case."""
    return badge_html(badge_of(kind, str(value)))


def badge_html(shown: Badge) -> SafeString:
    mark = icon(shown.icon) if shown.icon else ""
    return format_html('<span class="pill pill-{}">{}{}</span>', shown.tone, mark, shown.text)


@register.simple_tag
def badge_icon(kind: str, value: str) -> SafeString:
    """The icon of a badge, without the badge."""
    return icon(badge_of(kind, str(value)).icon)


@register.simple_tag
def label(kind: str, value: str) -> str:
    """The text of a badge, without the badge."""
    return badge_of(kind, str(value)).text


@register.simple_tag
def pill(text: str, tone: str = "neutral", icon: str = "") -> SafeString:
    """A badge with a text of your own."""
    return badge_html(Badge(text, icon, tone))


class EmptyContext(TypedDict):
    title: str
    text: str
    icon: str
    url: str
    action: str


@register.inclusion_tag("web/components/empty.html")
def empty(title: str, text: str = "", icon: str = "inbox", url: str = "", action: str = "") -> EmptyContext:
    """Shown in place of a list or chart that is empty, with a link to what fills it."""
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
    """What happened, why, what to do, and a button for it. With `method="post"` the button submits a form."""
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
    """A progress bar. Without `value` and `maximum` it shows only that work is in progress."""
    if value is None:
        return {"label": label, "value": None, "maximum": None, "text": ""}
    if not maximum:
        text = f"{value:,} {unit}".strip()
        return {"label": label, "value": None, "maximum": None, "text": text}
    text = f"{value:,} of {maximum:,} {unit}".strip()
    return {"label": label, "value": min(value, maximum), "maximum": maximum, "text": text}


@register.simple_tag
def stat(
    label: str,
    value: float | str | None,
    sub: str = "",
    icon: str = "",
    url: str = "",
    trend: float | None = None,
    trend_label: str = "",
) -> SafeString:
    """One figure. None is shown as unknown, which differs from zero. `trend` is the change since before."""
    return format_html(
        '<div class="card stat"><div class="card-body"><div class="stat-label">{}\n{}</div>'
        '<div class="stat-value">{}</div><div class="stat-sub">{}{}</div></div></div>',
        _icon(icon) if icon else "",
        format_html('<a class="stretched-link" href="{}">{}</a>', url, label) if url else label,
        UNKNOWN_FIGURE if value is None else figure(value),
        "" if trend is None else _trend(trend, trend_label),
        format_html("<span>{}</span>", sub) if sub else "",
    )


def _trend(trend: float, label: str) -> SafeString:
    mark = "trending-up" if trend > 0 else "trending-down" if trend < 0 else "minus"
    words = f"{trend:+,}" if trend else "no change"
    return format_html(
        '<span class="stat-trend">{}\n{}</span>\n', _icon(mark), f"{words} {label}" if label else words
    )


@register.simple_tag
def when(value: datetime | date | None, none: str = "—", style: str = "relative") -> SafeString:
    """A moment in the viewer's time zone. `style`: relative ("3 hours ago"), date or full."""
    if value is None:
        return format_html('<span class="text-secondary">{}</span>', none)
    if not isinstance(value, datetime):
        return SafeString(f'<time datetime="{value.isoformat()}">{day_in_words(value)}</time>')
    local = timezone.localtime(value)
    full = html.escape(f"{local:%A, %-d %B %Y, %H:%M} ({local.tzname()})")
    if style == "full":
        shown = f"{local:%-d %b %Y, %H:%M}"
    elif style == "date" or abs((timezone.now() - value).days) > RELATIVE_FOR_DAYS:
        shown = day_in_words(local)
    else:
        shown = relative(value)
    return SafeString(f'<time datetime="{value.isoformat()}" title="{full}">{shown}</time>')


@register.simple_tag
def person(name: str, email: str = "", url: str = "") -> SafeString:
    """A person: initials, name and e-mail. Without a name, the e-mail takes its place."""
    shown = name or email
    text = html.escape(shown or "Unknown person")
    tint = zlib.crc32(shown.encode()) % AVATAR_TINTS + 1
    opening, closing = f'<a class="person-name" href="{html.escape(url)}">', "</a>"
    if not url:
        opening, closing = '<span class="person-name">', "</span>"
    words = f"{opening}<bdi>{text}</bdi>{closing}"
    if email and email != shown:
        words += f' <span class="person-email">{html.escape(email)}</span>'
    return SafeString(
        f'<span class="person"><span class="person-mark tint-{tint}" aria-hidden="true">'
        f'{html.escape(initials(shown))}</span> <span class="person-words">{words}</span></span>'
    )


@register.simple_tag(takes_context=True)
def table_rows(context: Context, table: Table) -> SafeString:
    """The rows of a table of django-tables2, in its `tbody`."""
    return rows_of(table, context)


class CopyContext(TypedDict):
    text: str
    label: str


@register.inclusion_tag("web/components/copy.html")
def copy(text: str, label: str = "Copy") -> CopyContext:
    """A button that copies `text` to the clipboard."""
    return {"text": text, "label": label}
