"""Guardrails that are set to be weaker than the default."""

from datetime import time

from usher.removal.models import Guardrails

DAY_MINUTES = 24 * 60


def weaker_than_default(settings: Guardrails) -> dict[str, str]:
    """What each weakened setting means, in words, by the name of the setting. Reads nothing but `settings`."""
    usual = Guardrails()
    weakened = {}
    if usual.needs_approval and not settings.needs_approval:
        weakened["needs_approval"] = (
            "One person alone can have somebody removed. By default, it takes two people."
        )
    if settings.needs_approval and settings.rules_may_approve:
        weakened["rules_may_approve"] = (
            "Cases of a rule that two admins approved run without a person who looks at each. By default, one does."
        )
    if settings.daily_limit > usual.daily_limit:
        weakened["daily_limit"] = (
            f"By default, more than {usual.daily_limit:,} people in 24 hours need a second approval."
        )
    if settings.share_limit > usual.share_limit:
        weakened["share_limit"] = (
            f"By default, more than {usual.share_limit} % of a workspace in 24 hours need a second approval."
        )
    if settings.grace_minutes < usual.grace_minutes:
        weakened["grace_minutes"] = (
            f"There is less time to notice a mistake than the default of {usual.grace_minutes:,} minutes."
        )
    if _quiet_minutes(settings) < _quiet_minutes(usual):
        weakened["quiet_from"] = (
            f"By default, nobody is removed from {usual.quiet_from:%H:%M} to {usual.quiet_until:%H:%M}, "
            "when nobody is likely to notice a mistake."
        )
    return weakened


def _quiet_minutes(settings: Guardrails) -> int:
    start, end = settings.quiet_from, settings.quiet_until
    if start is None or end is None:
        return 0
    return (_minutes(end) - _minutes(start)) % DAY_MINUTES


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
