"""One fact of health, as pages, commands and programs get it."""

from datetime import datetime

import msgspec

from usher.access.roles import Action


class HealthFact(msgspec.Struct, frozen=True):
    key: str
    label: str
    is_ok: bool
    detail: str
    """What is known and, for a problem, what follows from it."""
    remedy: str = ""
    remedied_by: Action = Action.SETTINGS
    url: str = ""
    """The page for the remedy, where there is one."""


def moment_in_words(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "an unknown time"
