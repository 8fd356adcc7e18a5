"""The figures of one export as the page lists them: only kinds that somebody is of, or of whom it is not known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from usher.insights.reconciliation.figures import ReconciledFigures
from usher.insights.reconciliation.kinds import Activity, Presence, PresenceGroup
from usher.insights.reconciliation.words import OF_ACTIVITY, OF_PRESENCE, DifferenceWords


@dataclass(frozen=True)
class FigureLine:
    """`query`: the filter of the list behind the figure; empty where there is none. `people` is None if not known."""

    words: DifferenceWords
    people: int | None
    query: str
    median: str = ""


@dataclass(frozen=True)
class ReconciledSection:
    """Lines that add up to `total`, which is None where one of them is not known."""

    key: str
    title: str
    subtitle: str
    lines: Sequence[FigureLine]
    total: int | None
    total_query: str
    has_medians: bool = False
    median: str = ""


def sections_of(figures: ReconciledFigures) -> list[ReconciledSection]:
    place = figures.export.workspace
    about = f"The file is about {place.name}." if place else ""
    return [
        ReconciledSection(
            "in-file",
            "In the file",
            f"Everybody in the file is in one of these lines. {about}".strip(),
            list(_lines(figures, PresenceGroup.IN_FILE)),
            figures.together(PresenceGroup.IN_FILE),
            _shows(PresenceGroup.IN_FILE),
        ),
        ReconciledSection(
            "only-usher",
            "Active in Usher, not in the file",
            "Each by the first reason that fits, in the order in which Usher looks.",
            list(_lines(figures, PresenceGroup.ONLY_USHER)),
            figures.together(PresenceGroup.ONLY_USHER),
            _shows(PresenceGroup.ONLY_USHER),
        ),
        ReconciledSection(
            "activity",
            "Last activity",
            "Of everybody who is in the file and active in Usher: the day in the file beside the last day on which"
            " the audit log or the event stream saw them.",
            list(_activities(figures)),
            figures.together(PresenceGroup.COMPARED),
            _shows(PresenceGroup.COMPARED),
            has_medians=True,
            median=days_in_words(figures.median_days),
        ),
    ]


def days_in_words(days: float | None) -> str:
    """A median, which may lie between two days."""
    if days is None:
        return ""
    return f"{days:,.0f} day{'' if days == 1 else 's'}" if days.is_integer() else f"{days:,.1f} days"


def _lines(figures: ReconciledFigures, group: PresenceGroup) -> Iterable[FigureLine]:
    for presence in Presence:
        people = figures.people(presence) if presence in group.presences else 0
        if people != 0:
            yield FigureLine(OF_PRESENCE[presence], people, _shows(presence) if people else "")


def _activities(figures: ReconciledFigures) -> Iterable[FigureLine]:
    for activity in Activity:
        if people := figures.activities[activity]:
            median = days_in_words(figures.medians.get(activity))
            yield FigureLine(OF_ACTIVITY[activity], people, f"activity={activity.value}", median)


def _shows(kind: PresenceGroup | Presence) -> str:
    return f"show={kind.value}"
