"""What Usher refuses, said to the person who asked for it.

One type for pages, API and command line: each capability derives its own, and each way in shows it in one place.
"""


class Refused(Exception):
    """Usher does not do what was asked. `what` happened and why, in a sentence, and what the person can do instead."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy = what, remedy
