"""Checks of what sources push, for `usher doctor`."""

from django.conf import settings
from django.utils import timezone

from usher.activity.doctor import WHEN_KEPT_DIFFERS
from usher.connections.doctor import Finding
from usher.directory.employees.mass_leaving import open_questions, refresh_all_source_questions
from usher.directory.employment.recount import recount
from usher.directory.models import Source
from usher.directory.scim.refusals import WARNED_FOR, unsettled
from usher.roster.models import Person

NAMED_AT_MOST = 5


def recount_finding() -> Finding:
    """Counts again what is kept about everybody, and corrects it. A difference is a failed check, though corrected."""
    found = recount(mend=True)
    if not found.differing:
        return Finding(
            "Kept figures",
            "passed",
            f"What is kept about {found.people:,} people is what a fresh count says.",
        )
    people = Person.objects.filter(pk__in=found.differing[:NAMED_AT_MOST]).order_by("pk")
    named = ", ".join(f"{person} ({person.gid})" for person in people)
    more = len(found.differing) - len(people)
    return Finding(
        "Kept figures",
        "failed",
        f"Something else was kept about {len(found.differing):,} of {found.people:,} people: {named}"
        f"{f' and {more:,} more' if more else ''}. It is corrected.",
        WHEN_KEPT_DIFFERS,
    )


def directory_findings() -> list[Finding]:
    """Nothing where no source pushes employees."""
    if not Source.objects.exclude(kind=Source.Kind.CSV).exists():
        return []
    refresh_all_source_questions()
    return [_refused(), *_questions()]


def _refused() -> Finding:
    refused = unsettled(timezone.now())
    if not refused:
        return Finding(
            "SCIM", "passed", f"No change of who works here was refused in the last {WARNED_FOR.days} days."
        )
    shown = refused[:NAMED_AT_MOST]
    lines = [
        f"{each.source}, {each.at:%Y-%m-%d %H:%M} UTC, {each.person_name or 'somebody unknown'}: {each.reason}"
        for each in shown
    ]
    more = [f"and {len(refused) - len(shown)} more"] if len(refused) > len(shown) else []
    count = f"{len(refused)} request{'s' if len(refused) != 1 else ''} about who works here refused"
    return Finding(
        "SCIM",
        "warned",
        "; ".join([count, *lines, *more]),
        f"Correct the users in the identity provider, or see {_page(refused[0].source_id)}#refusals",
    )


def _questions() -> list[Finding]:
    return [
        Finding(
            each.source.name,
            "warned",
            f"{each.people:,} of {each.of:,} people left within a day. No case about them runs.",
            f"Answer whether that is true: {_page(each.source_id)}",
        )
        for each in open_questions()
    ]


def _page(source: int) -> str:
    return f"{settings.USHER_BASE_URL}/directory/sources/{source}/"
