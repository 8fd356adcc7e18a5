"""The time for which a source was read without a gap. Gaps are permanent."""

from datetime import datetime

from django.db import transaction

from usher.activity.ingest.spans import Span, joined
from usher.activity.models import Coverage, EvidenceSource
from usher.roster.models import Workspace


def spans_of(workspace: Workspace, source: EvidenceSource | None = None) -> list[Span]:
    """The stored spans of one source, or of all sources together."""
    rows = workspace.coverage.filter(**({"source": source} if source else {}))
    return joined(Span(row.begins_at, row.ends_at) for row in rows)


@transaction.atomic
def add_coverage(
    workspace: Workspace, source: EvidenceSource, begins_at: datetime, ends_at: datetime
) -> None:
    """Adds a span that was read completely, and joins it with the spans it touches."""
    stored = _locked(workspace, source)
    if begins_at < ends_at:
        _replace(workspace, source, stored, joined([*stored, Span(begins_at, ends_at)]))


@transaction.atomic
def cut_coverage(workspace: Workspace, source: EvidenceSource, at: datetime) -> None:
    """Removes the coverage from `at` on."""
    stored = _locked(workspace, source)
    before = [Span(span.begins_at, min(span.ends_at, at)) for span in stored if span.begins_at < at]
    _replace(workspace, source, stored, before)


def _locked(workspace: Workspace, source: EvidenceSource) -> list[Span]:
    Workspace.objects.select_for_update().get(pk=workspace.pk)
    return [Span(row.begins_at, row.ends_at) for row in workspace.coverage.filter(source=source)]


def _replace(workspace: Workspace, source: EvidenceSource, before: list[Span], after: list[Span]) -> None:
    if after == before:
        return
    workspace.coverage.filter(source=source).delete()
    Coverage.objects.bulk_create(
        Coverage(workspace=workspace, source=source, begins_at=span.begins_at, ends_at=span.ends_at)
        for span in after
    )
