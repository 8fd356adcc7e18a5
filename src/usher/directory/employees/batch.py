"""Many employees of a source at once, as an HR system sends them: all of them are stored, or none."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from usher.directory.employees.store import EmployeeRecord, store
from usher.directory.locks import matching_alone, source_shared
from usher.directory.models import Source
from usher.refusals import Refused

UNCHANGED = "unchanged"


class TwiceInBatch(Refused):
    """It is unclear which of the two records counts."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"{key} is in the batch more than once.", "Send each employee once. Nothing was stored."
        )


@transaction.atomic
def store_batch(source: Source, records: Sequence[EmployeeRecord], seen_at: datetime) -> Counter[str]:
    """How many joined, left and so on. Raises TwiceInBatch before anything is stored."""
    twice = next((key for key, times in Counter(record.key for record in records).items() if times > 1), None)
    if twice is not None:
        raise TwiceInBatch(twice)
    if len(records) > 1:
        source_shared(source.pk)
        matching_alone()
    # Sorted, so that two batches with the same employees cannot deadlock.
    changes = [store(source, record, seen_at) for record in sorted(records, key=lambda record: record.key)]
    return Counter(change.kind if change else UNCHANGED for change in changes)
