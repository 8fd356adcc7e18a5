"""Many employees of a source at once, as an HR system sends them: all are stored or none."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from usher.directory.employees.store import EmployeeRecord, store
from usher.directory.models import Source

UNCHANGED = "unchanged"


class TwiceInBatch(ValueError):
    """Which of the two would count?"""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} is in the batch more than once.")


@transaction.atomic
def store_batch(source: Source, records: Sequence[EmployeeRecord], seen_at: datetime) -> Counter[str]:
    """How many joined, left and so on. Raises TwiceInBatch before anything is stored."""
    twice = next((key for key, times in Counter(record.key for record in records).items() if times > 1), None)
    if twice is not None:
        raise TwiceInBatch(twice)
    # In one order, so that two batches with the same employees do not wait for each other.
    changes = [store(source, record, seen_at) for record in sorted(records, key=lambda record: record.key)]
    return Counter(change.kind if change else UNCHANGED for change in changes)
