"""For which time a source was read without a gap. A gap stays a gap for ever."""

from datetime import datetime

from django.db import transaction

from usher.activity.models import Coverage, Source
from usher.activity.spans import Span, joined
from usher.roster.models import Workspace


def spans_of(workspace: Workspace, source: Source | None = None) -> list[Span]:
    """The stored spans, of one source or of all together."""
    found = workspace.coverage.filter(**({"source": source} if source else {}))
    return joined(Span(row.begins_at, row.ends_at) for row in found)


@transaction.atomic
def add_coverage(workspace: Workspace, source: Source, begins_at: datetime, ends_at: datetime) -> None:
    """Adds a span that was read whole, and joins it with those it meets."""
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    rows = list(Coverage.objects.filter(workspace=workspace, source=source))
    stored = [Span(row.begins_at, row.ends_at) for row in rows]
    after = joined([*stored, Span(begins_at, ends_at)])
    if after == stored:
        return
    Coverage.objects.filter(pk__in=[row.pk for row in rows]).delete()
    Coverage.objects.bulk_create(
        Coverage(workspace=workspace, source=source, begins_at=span.begins_at, ends_at=span.ends_at)
        for span in after
    )
