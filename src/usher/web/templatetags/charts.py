"""The chart component. Built in: templates use it without `{% load %}`."""

from decimal import ROUND_HALF_UP, Decimal
from typing import TypedDict

import msgspec
from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from usher.web.charts import ChartData, chart_data

register = template.Library()

CHART_KINDS = ("line", "area", "bar", "rows", "donut")
HUNDREDTH = Decimal("0.01")


class ChartContext(TypedDict):
    id: str
    title: str
    sub: str
    kind: str
    size: str
    level: int
    data: ChartData
    rows: SafeString
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
    """A card with a chart and a table of the same figures. `data` has the fields of `ChartData`.

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
        "rows": _table_rows(shown),
        "json": msgspec.to_builtins(shown),
        "data_id": f"{id}-data",
        "empty_text": empty_text,
    }


def _table_rows(data: ChartData) -> SafeString:
    """The body of the table. In Python, since a page has hundreds of its cells, and a template takes long for each."""
    unit = f"&nbsp;{escape(data.unit)}" if data.unit else ""
    rows = (
        f'<tr><th scope="row">{escape(category)}</th>'
        + "".join(f'<td class="text-end">{_cell(value, unit)}</td>' for value in values)
        + "</tr>\n"
        for category, values in data.rows()
    )
    return SafeString("".join(rows))  # the names are escaped above; the rest are numbers


def _cell(value: float | None, unit: str) -> str:
    if value is None:
        return '<span class="text-secondary">not known</span>'
    if value == int(value):
        return f"{int(value):,}{unit}"
    return f"{Decimal(str(value)).quantize(HUNDREDTH, ROUND_HALF_UP):,}{unit}"
