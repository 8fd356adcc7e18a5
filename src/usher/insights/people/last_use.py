"""The cell of the people list that says when somebody last used Asana. A page has up to 200 of them."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.activity.models import EvidenceSource, ListedMembership
from usher.activity.usage import rules
from usher.activity.usage.rules import Arrival
from usher.insights.people.confidence import CoverageLookup
from usher.web.templatetags.components import when

ASIDE = ' <span class="text-secondary">{}</span>'


def last_use_cell(membership: ListedMembership, coverage: CoverageLookup) -> SafeString:
    return format_html('<span class="last-use">{}</span>', _words(membership, coverage))


def _words(membership: ListedMembership, coverage: CoverageLookup) -> SafeString:
    observed = coverage.observed(membership)
    if observed.last_used_at:
        source = membership.last_used_source
        by_day = source == EvidenceSource.CONSOLE
        moment = when(observed.last_used_at, style="date" if by_day else "relative")
        return format_html("{}" + ASIDE, moment, EvidenceSource(source).label if source else "")
    if observed.last_automated_at:
        return format_html("<span>Integration only</span>" + ASIDE, when(observed.last_automated_at))
    match rules.arrival(observed, coverage.now):
        case Arrival.NEVER:
            as_of = format_html("as of {}, Admin Console", when(membership.never_logged_in_on, style="date"))
            return format_html("<span>Never came</span>" + ASIDE, as_of)
        case Arrival.PROBABLY_NEVER:
            return format_html("<span>Never</span>" + ASIDE, "probably never came")
    if rules.is_never(observed, coverage.now):
        return SafeString("<span>Never</span>")
    since = rules.observed_since(observed.sources, coverage.now)
    if since:
        return format_html(
            "<span>Not used</span>" + ASIDE, format_html("since {}", when(since, style="date"))
        )
    return SafeString('<span class="unknown-use">Unknown</span>')
