"""Writes so many events of September 2026 into the database, or prints a checksum of all records as they are read."""

import hashlib
import sys
from datetime import UTC, datetime, timedelta

from usher.cli.runtime import set_up_django

if __name__ == "__main__":
    set_up_django()
    from tests.support.activity.small_log import make_organization
    from tests.support.activity.written_events import an_event, user, write
    from usher.activity.models import AuditEvent
    from usher.activity.records.reading import record_of

    if sys.argv[1] == "checksum":
        events = AuditEvent.objects.order_by("gid")
        print(hashlib.sha256("\n".join(record_of(event) or "" for event in events).encode()).hexdigest())
    else:
        first, number = datetime(2026, 9, 1, tzinfo=UTC), int(sys.argv[1])
        write(
            make_organization(),
            *(
                an_event(first + n * timedelta(minutes=7), actor=user(str(n % 99), f"Ä {n}"), odd=[n])
                for n in range(number)
            ),
        )
