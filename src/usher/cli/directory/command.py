"""`usher directory`: the group of its commands."""

import click

from usher.cli.lazy import LazyCommand, LazyGroup

COMMANDS = {
    "has-left": LazyCommand(
        "directory.absence:has_left", "Say that employees who are no longer listed have left."
    ),
    "import": LazyCommand(
        "directory.file_import:import_file", "Import a file that lists the employees of a source."
    ),
    "list": LazyCommand(
        "directory.listing:list_people",
        "List everyone in Asana, with their employment according to the directory.",
    ),
    "source": LazyCommand(
        "directory.absence:set_source", "Show or change what it means that a list of a source lacks somebody."
    ),
    "still-here": LazyCommand(
        "directory.absence:still_here", "Say that employees who are no longer listed work here."
    ),
    "unlisted": LazyCommand("directory.absence:unlisted", "List employees who are no longer listed."),
}


@click.group(cls=LazyGroup, lazy_commands=COMMANDS)
def directory() -> None:
    """Import and list employees."""
