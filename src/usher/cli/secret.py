"""Secrets as options: given on the command line, or, where others must not see them, by standard input."""

import sys

import click


def secret_given(context: click.Context, option: click.Parameter, value: str) -> str:
    """The option's value; for `-` a line of standard input, asked for without echo on a terminal."""
    if value != "-":
        return value
    if sys.stdin.isatty():
        return str(click.prompt(option.human_readable_name.replace("_", " ").capitalize(), hide_input=True))
    secret = sys.stdin.readline().strip()
    if not secret:
        raise click.BadParameter("standard input is empty.", context, option)
    return secret
