"""Options that several commands share."""

import sys
from datetime import datetime

import click

FORMATS = click.Choice(["table", "json", "csv"])

format_option = click.option(
    "--format", "form", type=FORMATS, default="table", show_default=True, help="How to print the rows."
)

LONGEST_TEXT = 1000
"""Of reasons and notes, in characters."""


class Day(click.DateTime):
    """A day between 1970 and 2200: a year such as 0216 or 20216 is a typing error."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        moment: datetime = super().convert(value, param, ctx)
        if not 1970 <= moment.year <= 2200:
            self.fail(f"{value} is not a day between 1970 and 2200.", param, ctx)
        return moment


DAY = Day()


def bounded_text(context: click.Context, option: click.Parameter, text: str) -> str:
    """Callback of an option for a reason or a note: refuses what could not be stored whole."""
    if len(text) > LONGEST_TEXT:
        raise click.BadParameter(f"It has {len(text):,} characters; at most {LONGEST_TEXT:,} can be kept.")
    return text


def secret_given(context: click.Context, option: click.Parameter, value: str) -> str:
    """Callback of an option for a secret: `-` reads a line of standard input, without echo on a terminal.

    Other people on the machine can see what is given on the command line.
    """
    if value != "-":
        return value
    if sys.stdin.isatty():
        return str(click.prompt(option.human_readable_name.replace("_", " ").capitalize(), hide_input=True))
    secret = sys.stdin.readline().strip()
    if not secret:
        raise click.BadParameter("standard input is empty.", context, option)
    return secret
