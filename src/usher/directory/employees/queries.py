"""Questions about employees, as conditions in SQL."""

from datetime import date

from django.db.models import Q


def works_here(day: date, prefix: str = "") -> Q:
    """Employees who are active or leaving on that day, as `status_on` decides. `prefix` leads to the employee."""
    listed = Q(**{f"{prefix}is_active": True, f"{prefix}is_listed": True})
    return listed & (Q(**{f"{prefix}last_day": None}) | Q(**{f"{prefix}last_day__gte": day}))


def not_listed(day: date, prefix: str = "") -> Q:
    """Employees whom a list has no more, and of whom nobody has said whether they left, as `status_on` decides."""
    absent = Q(
        **{
            f"{prefix}is_active": True,
            f"{prefix}is_listed": False,
            f"{prefix}absence_accepted_at": None,
        }
    )
    return absent & (Q(**{f"{prefix}last_day": None}) | Q(**{f"{prefix}last_day__gte": day}))
