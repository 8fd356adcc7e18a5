"""What cannot be done with the directory, and what to do instead."""


class Refused(Exception):
    """Says what happened and why; `remedy` says what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy
