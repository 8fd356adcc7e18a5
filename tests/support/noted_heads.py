"""The ledger of the next test, or of rows that are put back, begins anew: that would look like a restored database."""

from usher.ledger import noted
from usher.platform.home import home

OF_OTHER_PROCESSES = "ledger_heads"
"""What a command notes that a test has started. A test itself notes in a file of its own."""


def forget_noted_heads() -> None:
    for name in (noted.FILE, OF_OTHER_PROCESSES):
        (home() / name).unlink(missing_ok=True)
