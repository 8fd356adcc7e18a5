"""What a chart shows."""

from collections.abc import Iterator

import msgspec


class Series(msgspec.Struct, frozen=True):
    """One line, or one colour of bars. `values` go with the categories; None is a gap, not a zero.

    `color` names a colour of the palette in charts.js (blue, orange, teal, …), so that the same thing has the
    same colour in every chart; without it the palette is used in order.
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
        """The table behind the chart: a category and the value of each series in it."""
        for position, category in enumerate(self.categories):
            yield (
                category,
                [
                    series.values[position] if position < len(series.values) else None
                    for series in self.series
                ],
            )


def chart_data(given: object) -> ChartData:
    """Takes a mapping or any object with these fields. Raises msgspec.ValidationError when it is neither."""
    return msgspec.convert(given, ChartData, from_attributes=True)
