"""How many people there are of each kind, and by how many days the last activity differs."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection as database

from usher.insights.reconciliation.exports import NewestExport
from usher.insights.reconciliation.kinds import Activity, Presence, PresenceGroup
from usher.insights.reconciliation.statement import reconciling

COUNT = """
    SELECT connection_id, presence, activity, GROUPING(presence), GROUPING(activity), count(*),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(difference))
    FROM reconciled
    GROUP BY GROUPING SETS ((connection_id, presence), (connection_id, activity), (connection_id))
"""


@dataclass
class ReconciledFigures:
    """Of one export. Everybody counts once in `presences`; of those, whoever is compared once in `activities`.

    `medians`: of the difference in days, whichever is later, by how it compares; only where both sides have a day.
    """

    export: NewestExport
    presences: Counter[Presence] = field(default_factory=Counter)
    activities: Counter[Activity] = field(default_factory=Counter)
    medians: dict[Activity, float] = field(default_factory=dict)
    median_days: float | None = None

    def people(self, presence: Presence) -> int | None:
        """None where it is not known: files that an older version imported kept nobody who was not in Usher."""
        if presence is Presence.NOT_IN_USHER and not self.export.file.keeps_unmatched:
            return None
        return self.presences[presence]

    def together(self, group: PresenceGroup) -> int | None:
        """None where one of them is not known."""
        counts = [self.people(presence) for presence in group.presences]
        return None if None in counts else sum(count for count in counts if count)

    @property
    def repeated_rows(self) -> int | None:
        """Rows about somebody who is in the file by another row."""
        in_file = self.together(PresenceGroup.IN_FILE)
        return None if in_file is None else self.export.file.rows - in_file


def reconciled_figures(exports: Collection[NewestExport], now: datetime) -> list[ReconciledFigures]:
    """Of each export, in one statement."""
    found = {each.connection.pk: ReconciledFigures(each) for each in exports}
    if not found:
        return []
    begin = reconciling(exports, now)
    with database.cursor() as cursor:
        cursor.execute(f"{begin.sql}{COUNT}", begin.parameters)
        for connection, presence, activity, any_presence, any_activity, people, median in cursor.fetchall():
            figures = found[connection]
            if any_presence and any_activity:
                figures.median_days = median
            elif any_activity:
                figures.presences[Presence(presence)] = people
            elif activity:
                figures.activities[Activity(activity)] = people
                if median is not None:
                    figures.medians[Activity(activity)] = median
    return list(found.values())
