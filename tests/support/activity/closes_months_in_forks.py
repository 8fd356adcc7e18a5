"""For every line on its input: a process that closes months. Prints its number, and a line when it has ended.

To start Python and Django anew for each would take most of the time of a test that kills many of them.
"""

import asyncio
import os
import sys
from datetime import datetime

from usher.cli.runtime import set_up_django

if __name__ == "__main__":
    set_up_django()
    from usher.activity.records import copying
    from usher.activity.records.closing import close_months

    now = datetime.fromisoformat(sys.argv[1])
    copying.EVENTS_AT_ONCE = int(sys.argv[2])
    for _ in sys.stdin:
        process = os.fork()
        if process == 0:
            asyncio.run(close_months(lambda: now))
            os._exit(0)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
        os.waitpid(process, 0)
        sys.stdout.write("ended\n")
        sys.stdout.flush()
