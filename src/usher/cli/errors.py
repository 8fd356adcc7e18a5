"""How a command says that it did not succeed."""

import click


class Failed(click.ClickException):
    """A command that did not succeed: exit code 1. What happened, and what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def show(self, file: object = None) -> None:
        click.secho(f"Error: {self.message}", fg="red", err=True)
        if self.remedy:
            click.echo(f"       {self.remedy}", err=True)


class WrongUse(Failed):
    """A command that was given something that does not exist or makes no sense: exit code 2."""

    exit_code = 2
