"""The ledger as JSON Lines: one entry per line, oldest first, with every field that its hash covers."""

import json
from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet

from usher.ledger.chain import as_json
from usher.ledger.models import Entry

AT_A_TIME = 2000


def json_lines(entries: QuerySet[Entry]) -> Iterator[str]:
    """In constant memory."""
    with transaction.atomic():
        for entry in entries.order_by("number").iterator(chunk_size=AT_A_TIME):
            yield json.dumps({**as_json(entry), "hash": entry.hash}, ensure_ascii=False) + "\n"
