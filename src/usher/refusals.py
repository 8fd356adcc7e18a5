"""What Usher refuses, said to the person who asked for it.

One type for pages, API and command line: each capability derives its own, and each way in shows it in one place.
"""


class Refused(Exception):
    """Usher does not do what was asked.

    `message` says in a sentence what is refused and why; `remedy` says what the person can do instead.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy
