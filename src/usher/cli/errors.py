"""How a command says that it did not succeed."""

import click

from usher.cli.output import echo
from usher.cli.stopping import has_been_cut_off


class Failed(click.ClickException):
    """A command that did not succeed: exit code 1. What happened, and what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def show(self, file: object = None) -> None:
        if has_been_cut_off():
            return
        echo(*_under(f"Error: {self.message}"), fg="red", err=True)
        if self.remedy:
            echo(*_under(f"       {self.remedy}"), err=True)


class WrongUse(Failed):
    """A command that was given something that does not exist or makes no sense: exit code 2."""

    exit_code = 2


def _under(text: str) -> list[str]:
    """Its lines, all but the first indented: none can be taken for the output of a command."""
    first, *others = text.splitlines()
    return [first, *(f"       {line.strip()}" for line in others)]
