"""Checks of what is kept of memberships and their use, for `usher doctor`."""

from usher.activity.usage.recount import recount_listed
from usher.connections.doctor import Finding

WHEN_KEPT_DIFFERS = (
    "Somebody changed the database without Usher, with triggers switched off, or this is a fault of Usher. If it"
    " comes back, report it."
)
"""What to do about anything that PostgreSQL's triggers keep."""


def listed_finding() -> Finding:
    """Counts again, and corrects. A difference is a failed check, though corrected."""
    found = recount_listed(mend=True)
    if not found.differs:
        return Finding(
            "Kept memberships",
            "passed",
            f"What is kept of the memberships of {found.people:,} people is what a fresh count says.",
        )
    counted = (
        f" The figures of {', '.join(map(str, found.connections))} differed." if found.connections else ""
    )
    return Finding(
        "Kept memberships",
        "failed",
        f"Something else was kept of {len(found.differing):,} of {found.people:,} people.{counted} It is corrected.",
        WHEN_KEPT_DIFFERS,
    )
