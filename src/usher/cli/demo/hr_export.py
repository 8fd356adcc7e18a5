"""The company's HR system: what it exports, and the import of such a file into the directory."""

import csv
import io
from datetime import date, datetime

from usher.cli.demo.workforce import Workforce
from usher.directory.imports.importing import apply
from usher.directory.imports.list_questions import EVERYBODY, LISTS
from usher.directory.imports.reading import read_file
from usher.directory.models import Source
from usher.directory.sources import add
from usher.ledger.actors import Actor

SOURCE = "HR system"
HEADER = ("Employee ID", "Name", "Work email", "Department", "Manager email", "Type", "Last day")


def export(workforce: Workforce, day: date) -> bytes:
    """A CSV file of everyone who has worked at the company since the history begins."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADER)
    for person, last_day in workforce.employees(day):
        manager = workforce.manager(person)
        writer.writerow(
            (
                f"E{1000 + person.number}",
                person.name,
                person.email,
                workforce.department(person),
                manager.email if manager else "",
                "Contractor" if workforce.is_contractor(person) else "Employee",
                last_day or "",
            )
        )
    return file.getvalue().encode()


def import_export(workforce: Workforce, moment: datetime, actor: Actor) -> None:
    content = export(workforce, moment.date())
    source = Source.objects.filter(name=SOURCE).first() or add(actor, SOURCE)
    layout = read_file(content, source.mapping | {LISTS: EVERYBODY})
    apply(source, content, layout, actor, f"employees-{moment:%Y-%m-%d}.csv", moment)
