"""Cases for spreadsheets, in constant memory."""

from collections.abc import Iterator, Mapping

from django.db.models import QuerySet

from usher.removal.cases.records import CASE_COLUMNS, case_record, with_parts_of_record
from usher.removal.models import Case

AT_A_TIME = 1000


def case_rows(cases: QuerySet[Case]) -> Iterator[Mapping[str, object]]:
    for case in with_parts_of_record(cases.order_by("pk")).iterator(chunk_size=AT_A_TIME):
        record = case_record(case)
        yield {name: _cell(record[name]) for name in CASE_COLUMNS}


def _cell(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list) else value
