"""Plays the demo's past into its database, and reports the progress."""

from datetime import datetime

from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from usher.access.models import User
from usher.access.roles import UserRole
from usher.cli.access.users import link_for
from usher.cli.demo.history import History
from usher.cli.output import echo
from usher.cli.runtime import is_terminal
from usher.sandbox import RunningSandbox


def set_up(sandbox: RunningSandbox, now: datetime) -> str:
    """Returns what the visitor has to know."""
    _tune_database()
    history = History(sandbox, now)
    if is_terminal():
        _play_with_bar(history)
    else:
        _play_with_lines(history)
    return _greeting(sandbox.url, history.open_question)


def _play_with_bar(history: History) -> None:
    columns = (TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Half a year passes", total=None)
        for played, (moment, to_come) in enumerate(history.play()):
            total = played + to_come if to_come else None
            progress.update(task, description=f"{moment:%-d %B %Y}", completed=played, total=total)
    echo("  Half a year of syncs, imports and removals")


def _play_with_lines(history: History) -> None:
    month = ""
    for moment, _ in history.play():
        if (now := f"{moment:%B %Y}") != month:
            month = now
            echo(f"  {month}: syncs, imports and removals")


def _tune_database() -> None:
    """Settings for data that is created afresh at each start, half a year of it within a minute."""
    settings = {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "jit": "off",
        "autovacuum_naptime": "1s",  # otherwise tables grow faster than PostgreSQL knows how large they are
    }
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        cursor.execute("SELECT pg_reload_conf()")


def _greeting(sandbox_url: str, question: str) -> str:
    admin = User.objects.filter(role=UserRole.ADMIN).earliest("pk")
    operator = User.objects.get(role=UserRole.OPERATOR)
    rules = "Two rules run: see Rules."
    if question:
        rules = (
            "Two rules run: see Rules. One of them asks people whether they need their seats. What somebody who was "
            f"asked sees:\n\n  {question}\n"
        )
    return f"""
Usher's demo is running. Sign in as {admin.name}, an admin:

  {link_for(admin)}

One Asana account is connected and synced, and some people have left the company: see Leavers. Two cases that
{operator.name} has requested wait for your approval. To connect the other account: Integrations → Connect, then
choose Noor van Dijk on the sandbox's consent page ({sandbox_url}).
{rules}
Ctrl-C stops everything.
"""
