"""`usher policy`: rules as files that can be reviewed and versioned, and trying them."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import click
from django.db import transaction

from usher.access.roles import Action
from usher.cli.errors import WrongUse
from usher.cli.identity import demand
from usher.cli.options import format_option
from usher.cli.output import echo, print_records
from usher.cli.runtime import needs_database
from usher.ledger.actors import Actor
from usher.policy import changes
from usher.policy.as_yaml import from_yaml, to_yaml
from usher.policy.definition import Definition, asks_who_is_away
from usher.policy.finding.find import Finder
from usher.policy.models import Policy
from usher.policy.sentence import sentence_of
from usher.policy.trial import HISTORY, connections_for

COLUMNS = {
    "name": "Name",
    "state": "State",
    "connection": "Connection",
    "version": "Version",
    "sentence": "What it does",
}
FOUND = {
    "name": "Name",
    "email": "E-mail",
    "connection": "Connection",
    "workspace": "Workspace",
    "left_out": "Left out",
}


@click.group()
def policy() -> None:
    """List, export, import and try rules.

    A rule is switched on in the browser, by an admin who has seen whom it finds.
    """


@policy.command("list")
@format_option
@needs_database
def list_rules(form: str) -> None:
    """List the rules."""
    demand(Action.READ)
    rows = [
        {
            "name": rule.name,
            "state": rule.state,
            "connection": rule.connection.name if rule.connection else None,
            "version": rule.version,
            "sentence": sentence_of(changes.definition_of(rule)),
        }
        for rule in Policy.objects.select_related("connection")
    ]
    print_records(form, COLUMNS, rows, ["name", "state", "sentence"], "There are no rules.")


@policy.command("export")
@click.argument("name", required=False)
@needs_database
def export(name: str | None) -> None:
    """Print one rule, or all of them, as YAML."""
    demand(Action.READ)
    rules = [_rule(name)] if name else list(Policy.objects.select_related("connection"))
    for rule in rules:
        echo(*to_yaml([changes.definition_of(rule)]).rstrip("\n").split("\n"))


@policy.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@needs_database
def import_rules(file: Path) -> None:
    """Make and change rules as a file of YAML says. A rule is known by its name. New ones are off."""
    actor = demand(Action.SETTINGS)
    definitions = _read(file)
    with transaction.atomic():  # all of the file, or nothing
        told = [_import(definition, actor) for definition in definitions]
    echo(*told)


def _import(definition: Definition, actor: Actor) -> str:
    known = Policy.objects.select_related("connection").filter(name=definition.name).first()
    if known is None:
        changes.make(definition, actor)
        return f"Made “{definition.name}”. It is off."
    if changes.change(known, definition, actor).version == known.version:
        return f"“{definition.name}” is as it was."
    return f"Changed “{definition.name}”."


@policy.command("try")
@click.argument("rule", metavar="RULE")
@click.option(
    "--history", is_flag=True, help=f"How many it would have found on each of the last {HISTORY} days."
)
@format_option
@needs_database
def try_rule(rule: str, history: bool, form: str) -> None:
    """Show whom a rule finds now. RULE is the name of a rule, or a file of YAML. Nothing is stored or done."""
    demand(Action.READ)
    path = Path(rule)
    definitions = _read(path) if path.is_file() else [changes.definition_of(_rule(rule))]
    for definition in definitions:
        changes.connection_named(
            definition.connection
        )  # nobody found would be the wrong answer for a wrong name
        if form == "table":
            echo(sentence_of(definition))
            if asks_who_is_away(definition):
                echo("Asana is not asked now who is out of office. Runs leave out whoever is away.")
        if history:
            rows = [
                {"day": day.isoformat(), "found": found} for day, found in sorted(_by_day(definition).items())
            ]
            print_records(form, {"day": "Day", "found": "People"}, rows, ["day", "found"], "It finds nobody.")
        else:
            print_records(
                form, FOUND, _found_now(definition), ["name", "email", "left_out"], "It finds nobody."
            )


def _found_now(definition: Definition) -> list[dict[str, object]]:
    return [
        {
            "name": found.listed.name,
            "email": found.listed.email,
            "connection": connection.name,
            "workspace": found.listed.workspace.name,
            "left_out": found.left_out,
        }
        for connection in connections_for(definition)
        for finder in [Finder(definition, connection)]
        for found in finder.find()
    ]


def _by_day(definition: Definition) -> Counter[date]:
    people: set[tuple[date, int]] = set()
    counts: Counter[date] = Counter()
    for connection in connections_for(definition):
        finder = Finder(definition, connection, HISTORY + 1)
        for back in range(HISTORY + 1):
            counts.setdefault(finder.days.today - timedelta(days=back), 0)
        for found in finder.find():
            if not found.left_out:
                people.update((day, found.listed.person_id) for day in finder.days.where(found.days))
    counts.update(day for day, _ in people)
    return counts


def _read(file: Path) -> list[Definition]:
    try:
        return from_yaml(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise WrongUse(f"{file} is no text in UTF-8.", "Save it as UTF-8.") from error


def _rule(name: str) -> Policy:
    found = Policy.objects.select_related("connection").filter(name=name).first()
    if found is None:
        raise WrongUse(f"There is no rule called “{name}”.", "See: usher policy list")
    return found
