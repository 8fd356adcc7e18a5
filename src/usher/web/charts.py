"""The data of a chart."""

from collections.abc import Iterator

import msgspec


class Series(msgspec.Struct, frozen=True):
    """One line, or the bars of one colour. `values` are in the order of the categories; None is a gap, not zero.

    `color` names a colour of the palette in charts.js (blue, orange, teal, …), so that the same thing has the
    same colour in every chart. Without it, series take the colours of the palette in order.
    """

    name: str
    values: list[float | None]
    color: str | None = None


class ChartData(msgspec.Struct, frozen=True):
    categories: list[str]
    series: list[Series]
    unit: str = ""
    stacked: bool = False

    @property
    def is_empty(self) -> bool:
        return all(value is None for series in self.series for value in series.values)

    def rows(self) -> Iterator[tuple[str, list[float | None]]]:
        """Rows of the table below the chart: a category, and its value in each series."""
        for position, category in enumerate(self.categories):
            yield (
                category,
                [
                    series.values[position] if position < len(series.values) else None
                    for series in self.series
                ],
            )


def chart_data(given: object) -> ChartData:
    """From a mapping or an object with these fields. Raises msgspec.ValidationError if they do not fit."""
    return msgspec.convert(given, ChartData, from_attributes=True)
