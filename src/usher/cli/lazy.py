"""Commands whose modules are imported when they are called: `usher --help` imports none of them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from usher.cli.errors import Failed
from usher.platform.importing import uncollected_imports
from usher.refusals import Refused


class LazyCommand(NamedTuple):
    """Where a command is defined. `summary` is its line in `usher --help`."""

    target: str
    """`module:attribute`, below `usher.cli`."""
    summary: str
    needs_django: bool = True
    """False for a command that sets variables of the environment which Django's settings read."""
    hidden: bool = False


class LazyGroup(click.Group):
    """Imports a command's module when the command is called, and turns refusals into error messages.

    Django is set up before the module is imported, so that the module may import models. Neither needs a database
    or a data folder.
    """

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401  # those of click.Group
        lazy_commands: Mapping[str, LazyCommand],
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*arguments, **options)
        self._lazy_commands = lazy_commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._lazy_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        lazy = self._lazy_commands.get(cmd_name)
        if lazy is None:
            return None
        module, _, attribute = lazy.target.partition(":")
        with uncollected_imports():
            if lazy.needs_django:
                from usher.cli.runtime import set_up_django  # which imports Django

                set_up_django()
            command = getattr(import_module(f"usher.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, from the summaries alone."""
        shown = {name: lazy for name, lazy in sorted(self._lazy_commands.items()) if not lazy.hidden}
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in shown.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as click has it
        try:
            return super().invoke(ctx)
        except Refused as error:
            raise Failed(error.message, error.remedy) from error
        except Exception as error:
            from usher.asana.errors import AsanaError  # here, since `usher --help` needs no client of Asana

            if isinstance(error, AsanaError):
                raise Failed(str(error), error.remedy) from error
            from usher.platform import full_disk

            if full_disk.is_full_disk(error):
                raise Failed(full_disk.MESSAGE, full_disk.REMEDY) from error
            raise
