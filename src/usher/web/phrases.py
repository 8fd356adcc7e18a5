"""Numbers, times and names as text for pages."""

import unicodedata
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince


def figure(value: float | str) -> str:
    """A number with thousands separators. Text stays as it is."""
    return value if isinstance(value, str) else f"{value:,}"


def counted(number: int, noun: str) -> str:
    """ "1 task", "2,000 tasks"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def relative(moment: datetime) -> str:
    """Relative to now: "3 hours ago", "in 2 days"."""
    now = timezone.now()
    if abs(now - moment) < timedelta(minutes=1):
        return "just now"
    if moment > now:
        return f"in {timesince(now, moment, depth=1)}"
    return f"{timesince(moment, now, depth=1)} ago"


def duration(span: timedelta | None) -> str:
    """A span in up to two units: "15 minutes", "1 hour 5 minutes", "0.4 seconds"."""
    if span is not None and span < timedelta(seconds=1):
        return f"{span.total_seconds():.1f} seconds"
    return " ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in _parts(span)) or "—"


def brief_duration(span: timedelta | None) -> str:
    """The same, short enough for a narrow column: "15 min", "1 h 5 min", "0.4 s"."""
    if span is not None and span < timedelta(seconds=1):
        return f"{span.total_seconds():.1f} s"
    return " ".join(f"{count} {BRIEF_UNITS[unit]}" for count, unit in _parts(span)) or "—"


UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
BRIEF_UNITS = {"day": "d", "hour": "h", "minute": "min", "second": "s"}


def _parts(span: timedelta | None) -> list[tuple[int, str]]:
    """The largest unit that occurs, and the next smaller one unless it is zero."""
    seconds = int(span.total_seconds()) if span else 0
    parts = []
    for unit, length in UNITS:
        count, seconds = divmod(seconds, length)
        parts.append((count, unit))
    first = next((position for position, (count, _) in enumerate(parts) if count), len(parts))
    return [(count, unit) for count, unit in parts[first : first + 2] if count]


def initials(name: str) -> str:
    """One or two letters for a name or an e-mail, in any script. "?" if it has no letters."""
    words = (name.partition("@")[0] or name).replace(".", " ").split()
    parts = [letters for word in words if (letters := _letters(word))]
    if not parts:
        return "?"
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()


def _letters(part: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFC", part) if sign.isalpha())


def day_in_words(day: date | None) -> str:
    """“20 Nov 2026”, within a sentence."""
    return f"{day:%-d %b %Y}" if day else "an unknown day"
