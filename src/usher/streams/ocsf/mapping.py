"""Which class and activity of OCSF an event type of Asana, or an action of the ledger, is: the two tables beside this.

They are data, so that somebody who writes detections can read them. Asana adds event types without notice: what is not
in the table is a Base Event, and nothing is left out.
"""

import csv
from functools import cache
from pathlib import Path

import msgspec

from usher.streams.ocsf.classes import BASE_EVENT, CLASSES, OTHER, SEVERITIES, OcsfClass

HERE = Path(__file__).parent
INFORMATIONAL = 1


class Mapped(msgspec.Struct, frozen=True):
    """One row of a table, with what is the same in each event of it."""

    ocsf_class: OcsfClass
    activity_id: int
    severity_id: int = INFORMATIONAL

    def fields(self, activity_name: str) -> dict[str, object]:
        """`activity_name`: the source's own word, where OCSF has none."""
        of, (category_uid, category) = self.ocsf_class, self.ocsf_class.category
        is_named = self.activity_id != OTHER
        activity = of.activities[self.activity_id] if is_named else activity_name
        return {
            "class_uid": of.uid,
            "class_name": of.name,
            "category_uid": category_uid,
            "category_name": category,
            "activity_id": self.activity_id,
            "activity_name": activity,
            "type_uid": of.uid * 100 + self.activity_id,
            "type_name": f"{of.name}: {of.activities[self.activity_id]}",
            "severity_id": self.severity_id,
            "severity": SEVERITIES[self.severity_id],
        }


UNKNOWN = Mapped(BASE_EVENT, OTHER)


@cache
def asana_event_types() -> dict[str, Mapped]:
    return _read("asana_event_types.csv", "event_type")


@cache
def ledger_actions() -> dict[str, Mapped]:
    """By action; `area.*` stands for the other actions of an area."""
    return _read("ledger_actions.csv", "action")


def mapped_event_type(event_type: str | None) -> Mapped:
    return asana_event_types().get(event_type or "", UNKNOWN)


def mapped_action(action: str) -> Mapped:
    known = ledger_actions()
    return known.get(action) or known.get(f"{action.partition('.')[0]}.*") or UNKNOWN


def _read(name: str, key: str) -> dict[str, Mapped]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return {
            row[key]: Mapped(CLASSES[int(row["class_uid"])], int(row["activity_id"]), int(row["severity_id"]))
            for row in csv.DictReader(file)
        }
