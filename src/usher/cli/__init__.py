"""The command `usher`: which commands there are, and where each one is defined."""

import os
from pathlib import Path

import click

from usher.cli.lazy import LazyCommand, LazyGroup
from usher.cli.version import show_version

COMMANDS = {
    "allow-passwords": LazyCommand("access.sso:allow_passwords", "Let passwords and links sign in again."),
    "approve": LazyCommand("removal.decisions:approve", "Approve a case that somebody else has requested."),
    "backup": LazyCommand("backup:backup", "Back up the whole database into one file."),
    "cancel": LazyCommand("removal.decisions:cancel", "Cancel a case that has not started or has failed."),
    "cases": LazyCommand("removal.cases:list_cases", "List all cases, newest first."),
    "connect": LazyCommand("connections:connect", "Connect an Asana account by token, and test it."),
    "console": LazyCommand("activity.console:console", "Import files that Asana's Admin Console exports."),
    "coverage": LazyCommand("activity.usage:coverage", "Show for which time each source was read, and gaps."),
    "demo": LazyCommand(
        "demo.command:demo", "Try Usher with a simulated Asana and an invented company.", needs_django=False
    ),
    "dev": LazyCommand(
        "dev.command:dev",
        "Run Usher from a checkout; it restarts when a source file changes.",
        needs_django=False,
        hidden=True,
    ),
    "directory": LazyCommand("directory.command:directory", "Import and list employees."),
    "doctor": LazyCommand("doctor:doctor", "Check the installation."),
    "events": LazyCommand("activity.events:events", "Print audit log events, oldest first."),
    "export": LazyCommand("activity.warehouse:export", "Write tables for a data warehouse, as Parquet."),
    "idle": LazyCommand("activity.usage:idle", "List seats that nobody has used."),
    "jobs": LazyCommand("processes.jobs:jobs", "List parked jobs, run one again or drop it."),
    "leavers": LazyCommand("removal.leavers:leavers", "List leavers who still have access to Asana."),
    "ledger": LazyCommand("ledger:ledger", "Verify or export the ledger."),
    "manage": LazyCommand("manage:manage", "Run a command of Django, such as shell or dbshell."),
    "mcp": LazyCommand("assistants.command:mcp", "Serve tools to an assistant (MCP, stdio)."),
    "migrate": LazyCommand(
        "processes.commands:migrate", "Bring the database's tables up to this version.", needs_django=False
    ),
    "people": LazyCommand("people:people", "List who is in Asana."),
    "policy": LazyCommand("policy.command:policy", "List, export, import and try rules."),
    "remove": LazyCommand("removal.remove:remove", "Request the removal of a person from Asana."),
    "restore": LazyCommand("backup:restore", "Replace the database by a backup."),
    "resume-removals": LazyCommand("removal.stop_switch:resume_removals", "Allow removals again."),
    "rotate-keys": LazyCommand("keys:rotate_keys", "Encrypt all stored secrets with a new key."),
    "run-cases": LazyCommand("removal.run_cases:run_cases", "Run the cases that are due, in the foreground."),
    "sandbox": LazyCommand("sandbox:sandbox", "Run the simulated Asana alone.", needs_django=False),
    "service-accounts": LazyCommand(
        "access.service_accounts:service_accounts", "List, add and end service accounts."
    ),
    "sign-in-link": LazyCommand("access.users:sign_in_link", "Print a link that signs in once."),
    "stop-removals": LazyCommand("removal.stop_switch:stop_removals", "Stop all removals at once."),
    "sync": LazyCommand("connections:sync", "Sync a connection, in the foreground."),
    "test": LazyCommand("connections:test", "Test a connection."),
    "tokens": LazyCommand("access.tokens:tokens", "List, extend and revoke API tokens."),
    "up": LazyCommand(
        "processes.commands:up", "Run everything: database, web and worker.", needs_django=False
    ),
    "usage": LazyCommand("activity.usage:usage", "Show how much everyone uses Asana."),
    "users": LazyCommand("access.users:users", "List and change users and their roles."),
    "web": LazyCommand("processes.commands:web", "Serve the pages and the API.", needs_django=False),
    "worker": LazyCommand(
        "processes.commands:worker", "Run background jobs: syncs, tests, removals.", needs_django=False
    ),
}


@click.group(
    cls=LazyGroup,
    lazy_commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--as",
    "as_email",
    envvar="USHER_AS",
    metavar="EMAIL",
    help="Act as this user, with their role. Default: the user of this machine, as an admin.",
)
@click.option(
    "--url",
    envvar="USHER_URL",
    metavar="URL",
    help="Ask the Usher at this address, for commands that only read. No database is needed here.",
)
@click.option(
    "--token-file",
    envvar="USHER_TOKEN_FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with the API token for --url.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version and exit.",
)
@click.pass_context
def main(context: click.Context, as_email: str | None, url: str | None, token_file: Path | None) -> None:
    """See who really uses your Asana seats, and remove leavers with proof.

    Settings come from the environment: USHER_HOME, DATABASE_URL, USHER_BASE_URL and others; see docs/settings.md.
    """
    if url:
        from usher.cli.elsewhere.asked import refuse_here

        if as_email:
            raise click.UsageError("--as and --url exclude each other: a token acts as its owner.")
        refuse_here(context.invoked_subcommand)
    # The name of this process's sessions in the database, where `usher restore` and administrators see who is at work.
    os.environ["PGAPPNAME"] = f"usher {context.invoked_subcommand}"
