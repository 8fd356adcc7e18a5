"""What figures mean, where they come from and how they are computed: docs/figures.md and docs/usage.md in short."""

from dataclasses import dataclass

from usher.activity.usage import rules

PEOPLE_LIST = "Asana's list of memberships, as the last complete sync read it."
USE = (
    "Asana's audit log (administration and sign-ins) and event stream (everyday work), and CSV exports of its Admin "
    "Console."
)


@dataclass(frozen=True)
class FigureMeaning:
    unit: str
    meaning: str
    source: str
    arithmetic: str


def _count(meaning: str) -> FigureMeaning:
    return FigureMeaning(
        "memberships", meaning, PEOPLE_LIST, "The sum of the addends: one for each workspace in scope."
    )


LEVELS = (
    f"core: more than {rules.CORE_DAYS} active days in {rules.WINDOW_DAYS}; regular: more than {rules.REGULAR_DAYS}; "
    "occasional: at least one; idle: none, if a source covers the window; otherwise unknown."
)

MEANINGS = {
    "active_people": FigureMeaning(
        "people",
        "People with an active membership in at least one workspace, each counted once in a connection.",
        PEOPLE_LIST,
        "The sum of the addends: one for each connection.",
    ),
    "seats": _count("Active memberships with a Member licence: what is billed, as far as the API shows."),
    "admins": _count("Active memberships with the role Admin; super admins count as admins."),
    "guests": _count("Active memberships with a Guest licence."),
    "view_only": _count("Active memberships with a View-only licence."),
    "not_active": _count("Memberships that Asana lists as inactive or no longer lists."),
    "idle_seats": FigureMeaning(
        "seats",
        "Seats older than the grace period, without human use for so many days, where a source covers all of them.",
        f"{PEOPLE_LIST} {USE}",
        "The sum of the addends, by role. Workspaces that no source covers for so long are not in it.",
    ),
    "never_came": FigureMeaning(
        "seats",
        "Seats of people who were invited and never came, surely or probably.",
        f"{PEOPLE_LIST} {USE}",
        "Surely never came + probably never came. The unknown are not counted.",
    ),
    "usage_data_available": FigureMeaning(
        "percent",
        "The share of active memberships for which any source has usage data.",
        f"{PEOPLE_LIST} {USE}",
        "100 × (all addends − confidence none) ÷ all addends.",
    ),
    "usage_level": FigureMeaning(
        "level", "The median level of the memberships whose level is known.", f"{PEOPLE_LIST} {USE}", LEVELS
    ),
    "persons_active_days": FigureMeaning(
        "days",
        "Days with human use in the last 30, in the time zone of the connection.",
        USE,
        "The number of days with at least one event that is human use.",
    ),
    "persons_usage_time": FigureMeaning(
        "minutes",
        "An estimate of the time in the last 30 days.",
        USE,
        "The sum over sessions of the time from the first to the last action, plus 60 seconds each. A session ends "
        "after 30 minutes without an action.",
    ),
    "persons_average_usage_time": FigureMeaning(
        "minutes", "Usage time for each active day.", USE, "Minutes of usage ÷ active days, in whole minutes."
    ),
    "persons_last_used": FigureMeaning(
        "time", "The most recent human use that any source has seen.", USE, "The latest of all evidence."
    ),
    "persons_usage_level": FigureMeaning("level", "How much somebody uses Asana.", USE, LEVELS),
}

OF_PEOPLE = frozenset(name for name in MEANINGS if name.startswith("persons_"))
