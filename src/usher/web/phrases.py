"""Figures, spans of time and names in the words of a page."""

import unicodedata
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince


def figure(value: float | str) -> str:
    """A number with its thousands apart; words stay as they are."""
    return value if isinstance(value, str) else f"{value:,}"


def relative(moment: datetime) -> str:
    """How far from now: "3 hours ago", "in 2 days"."""
    now = timezone.now()
    if abs(now - moment) < timedelta(minutes=1):
        return "just now"
    if moment > now:
        return f"in {timesince(now, moment, depth=1)}"
    return f"{timesince(moment, now, depth=1)} ago"


def duration(span: timedelta | None) -> str:
    """How long, to two units: "15 minutes", "1 hour 5 minutes", "0.4 seconds"."""
    if span is None:
        return "—"
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{seconds:.1f} seconds"
    parts = []
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, length)
        parts.append(f"{count:.0f} {unit}{'' if count == 1 else 's'}" if count else "")
    first = next(position for position, part in enumerate(parts) if part)
    return " ".join(filter(None, parts[first : first + 2]))


def initials(name: str) -> str:
    """One or two letters that stand for a name or an e-mail, in any script; "?" where there are none."""
    parts = [letters for part in name.split("@")[0].replace(".", " ").split() if (letters := _letters(part))]
    if not parts:
        return "?"
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()


def _letters(part: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFC", part) if sign.isalpha())
