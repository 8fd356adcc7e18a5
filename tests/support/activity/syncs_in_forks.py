"""For every line on its input: a process of its own that runs `usher sync Acme`.

Prints the number of the process, and a line when it has ended. To start Python and Django anew for each would
take most of the time of a test that kills fifty of them.
"""

import os
import sys

from usher.cli import main
from usher.cli.runtime import set_up_django

if __name__ == "__main__":
    set_up_django()
    for _ in sys.stdin:
        process = os.fork()
        if process == 0:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(nowhere, stream)
            main(["sync", "Acme"])
            os._exit(0)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
        os.waitpid(process, 0)
        sys.stdout.write("ended\n")
        sys.stdout.flush()
