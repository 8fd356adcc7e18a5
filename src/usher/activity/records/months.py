"""Which months are closed, and which of them have records that are not yet stored as the setting says."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import LiteralString

from django.conf import settings
from django.db import connection as database
from django.db.models import Sum

from usher.activity.ingest.audit_walk import KEPT_BY_ASANA
from usher.activity.ingest.partitions import EventMonth, stored_months
from usher.activity.models import RecordMonth

GRACE = timedelta(days=7)
"""After its end, a month stays open for so long, for events that arrive late."""
WORTH_A_REWRITE = 0.05
"""Late records stay uncompressed until they are this share of their month."""


WHOLE: LiteralString = "SELECT count(*) FROM (SELECT FROM {month} WHERE raw <> '' LIMIT %s) whole"


class RecordPolicy(StrEnum):
    """The values of USHER_EVENT_RECORDS."""

    KEEP = "keep"
    COMPRESS = "compress"
    DROP = "drop"


def policy_of_records() -> RecordPolicy:
    return RecordPolicy(settings.USHER_EVENT_RECORDS)


def due_months(policy: RecordPolicy, now: datetime) -> list[EventMonth]:
    """The months that have to be written anew, the oldest first."""
    if policy is RecordPolicy.KEEP:
        return []
    closed = [month for month in stored_months("activity_auditevent") if month.ends_at + GRACE <= now]
    return [month for month in closed if _is_due(month, policy, now)]


def _is_due(month: EventMonth, policy: RecordPolicy, now: datetime) -> bool:
    done = RecordMonth.objects.filter(month=month.day)
    if policy is RecordPolicy.DROP and done.filter(outcome=RecordMonth.Outcome.COMPRESSED).exists():
        return True
    written = done.aggregate(events=Sum("events"))["events"]
    if written is None:
        return _whole_records(month, at_most=1) > 0
    if month.ends_at + KEPT_BY_ASANA + GRACE < now:
        return False  # no more events of that month can come
    enough = 1 if policy is RecordPolicy.DROP else 1 + int(WORTH_A_REWRITE * written)
    return _whole_records(month, at_most=enough) == enough


def _whole_records(month: EventMonth, at_most: int) -> int:
    """How many records are neither compressed nor dropped."""
    with database.cursor() as cursor:
        cursor.execute(WHOLE.replace("{month}", month.partition_of("activity_auditevent")), [at_most])
        return int(cursor.fetchone()[0])
