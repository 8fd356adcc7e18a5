"""The chart component. Built in: templates use it without `{% load %}`."""

from typing import TypedDict

import msgspec
from django import template

from usher.web.charts import ChartData, chart_data

register = template.Library()

CHART_KINDS = ("line", "area", "bar", "rows", "donut")


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
        "json": msgspec.to_builtins(shown),
        "data_id": f"{id}-data",
        "empty_text": empty_text,
    }
