"""Closes months as of a moment, or begins a copy of September 2026 and leaves it, as a killed process does."""

import asyncio
import sys
from datetime import datetime

from usher.cli.runtime import set_up_django

if __name__ == "__main__":
    set_up_django()
    from usher.activity.ingest.partitions import EventMonth
    from usher.activity.records.closing import close_months
    from usher.activity.records.copying import MonthCopy
    from usher.activity.records.months import RecordPolicy

    if sys.argv[1] == "leave-a-copy":
        copy = MonthCopy(EventMonth(2026, 9), RecordPolicy.DROP)
        copy.step()
        copy.step()
    else:
        asyncio.run(close_months(lambda: datetime.fromisoformat(sys.argv[1])))
