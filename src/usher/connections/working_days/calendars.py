"""Calendars of public holidays: a country, such as “DE”, or one of its regions, such as “DE-BY”. Empty: none is known.

They come from the package `holidays`. It takes a fifth of a second to import, so it is imported when one is asked for.
"""

import logging
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from usher.refusals import Refused

if TYPE_CHECKING:
    from holidays import HolidayBase

log = logging.getLogger(__name__)

SATURDAY, SUNDAY = 5, 6
"""As `date.weekday` counts."""
_SMALL_WORDS = {"And": "and", "Of": "of", "Da": "da", "The": "the", "Dr": "DR"}


class NoSuchCalendar(Refused):
    """There is no such country, or it has no such region. `regions`: those that it has."""

    def __init__(self, message: str, remedy: str, regions: Sequence[str] = ()) -> None:
        super().__init__(message, remedy)
        self.regions = regions


@lru_cache(maxsize=1)
def countries() -> list[tuple[str, str]]:
    """Code and name of each country, by name."""
    from holidays.registry import COUNTRIES

    return sorted(((codes[1], _name(module)) for module, codes in COUNTRIES.items()), key=lambda one: one[1])


def calendar_of(country: str, region: str = "") -> str:
    """The calendar's name, as it is stored. `region`: a code or a name, in any case. Raises NoSuchCalendar."""
    region = region.strip()
    if not country:
        if region:
            raise NoSuchCalendar("A region needs its country.", "Choose the country, too.")
        return ""
    found = _open(country) if country in dict(countries()) else None
    if found is None:
        raise NoSuchCalendar(f"No holidays of “{country}” are known.", "Choose a country of the list.")
    if not region:
        return country
    codes = {code.casefold(): code for code in found.subdivisions}
    codes |= {name.casefold(): code for name, code in found.subdivisions_aliases.items()}
    code = codes.get(region.casefold())
    if code is None:
        known = ", ".join(found.subdivisions)
        raise NoSuchCalendar(
            f"“{region}” is no region whose holidays are known.",
            f"Known are: {known}." if known else "Leave it empty: this country has one calendar.",
            found.subdivisions,
        )
    return f"{country}-{code}"


@lru_cache(maxsize=1024)
def holidays_of(calendar: str, year: int) -> frozenset[date]:
    """The public holidays of a year, also those that are taken on another day. None where no calendar is known."""
    found = _open(calendar, year) if calendar else None
    return frozenset() if found is None else frozenset(found)


@lru_cache(maxsize=256)
def weekend_of(calendar: str) -> frozenset[int]:
    """The weekdays that are free: Saturday and Sunday unless the country has others."""
    found = _open(calendar) if calendar else None
    return frozenset(found.weekend) if found is not None else frozenset({SATURDAY, SUNDAY})


def _open(calendar: str, year: int | None = None) -> "HolidayBase | None":
    """None for one that the package does not know, or no longer."""
    from holidays import country_holidays

    country, _, region = calendar.partition("-")
    try:
        return country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError:
        log.warning("The holidays of “%s” are not known, so none are kept", calendar)
        return None


def _name(module: str) -> str:
    words = [_SMALL_WORDS.get(word, word) for word in module.replace("_", " ").title().split()]
    return " ".join(words)
