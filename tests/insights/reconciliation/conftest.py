from datetime import date, timedelta

import pytest

from tests.support.activity.lived_usage import watch
from tests.support.insights.reconciled import NEVER, at, days_before, import_rows, row_of, row_of_nobody, seen
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import EvidenceSource
from usher.activity.usage.compute import bring_up_to_date
from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.directory.models import Protected
from usher.roster.models import Membership, Workspace


@pytest.fixture
def acme(db: None) -> Connection:
    return a_connection("Acme", time_zone="UTC", has_service_token=True)


@pytest.fixture
def exported_on(acme: Connection) -> date:
    return today_of(acme) - timedelta(days=5)


@pytest.fixture
def org(acme: Connection) -> Workspace:
    """Watched for 60 days by the audit log."""
    workspace = a_workspace(acme, "Acme Inc", "acme.example")
    watch(workspace, EvidenceSource.AUDIT, 60)
    return workspace


@pytest.fixture
def everyone(org: Workspace, exported_on: date) -> dict[str, Membership]:
    """Named for what the comparison says of them; of some, how the last activity compares as well."""
    acme = org.connection
    side = a_workspace(acme, "Side")
    closed = a_workspace(acme, "Closed", left_out=Workspace.LeftOut.NOT_VISIBLE)
    unread = a_workspace(acme, "Filtered", left_out=Workspace.LeftOut.FILTER)
    day = {days: days_before(exported_on, days) for days in range(100)}

    def member(name: str, workspace: Workspace = org, **fields: object) -> Membership:
        return a_member(workspace, name, f"{name.lower().replace(' ', '.')}@acme.example", **fields)

    def ended(name: str, on: date | None) -> Membership:
        return member(name, status="not_active", until=at(on) if on else None)

    people = {
        "Same": seen(member("Same"), day[10]),
        "Since export": seen(member("Since export"), exported_on + timedelta(days=2)),
        "Usher later": seen(member("Usher later"), day[4]),
        "Console later": seen(member("Console later"), day[10]),
        "Not covered": seen(member("Not covered"), day[90]),
        "Console never": seen(member("Console never"), day[3]),
        "Console silent": seen(member("Console silent"), day[3]),
        "Only console": member("Only console"),
        "Neither": member("Neither"),
        "Elsewhere": member("Elsewhere", side),
        "Left since": ended("Left since", exported_on),
        "Left before": ended("Left before", day[1]),
        "Left long ago": ended("Left long ago", None),
        "Filtered": member("Filtered", unread),
        "Joined since": member("Joined since", since=at(exported_on, 1)),
        "Never came": member("Never came", since=at(day[20])),
        "Guest never": member("Guest never", since=at(day[20]), role="guest", licence="guest"),
        "Guest": seen(member("Guest", role="guest", licence="guest"), day[3]),
        "Robot": seen(member("Robot"), day[3], automated=True),
        "Service": seen(member("Service"), day[3]),
        "Other workspace": member("Other workspace", side),
        "Not read": member("Not read", closed),
        "Unknown": seen(member("Unknown"), day[3]),
        "Gone": ended("Gone", day[30]),
    }
    Protected.objects.create(person=people["Service"].person, why=Protected.Why.SERVICE_ACCOUNT, by="Ada")
    last: dict[str, date | str] = {
        "Same": day[10],
        "Since export": day[2],
        "Usher later": day[10],
        "Console later": day[7],
        "Not covered": day[70],
        "Console never": NEVER,
        "Console silent": "",
        "Only console": day[2],
        "Neither": NEVER,
        "Elsewhere": "",
        "Left since": day[2],
        "Left before": day[2],
        "Left long ago": "",
        "Filtered": "",
    }
    import_rows(
        acme,
        exported_on,
        [
            *(row_of(people[name], what) for name, what in last.items()),
            row_of(people["Same"], day[50]),
            row_of_nobody("Zoë Stranger", "zoe@elsewhere.example", day[3], gid="99"),
            row_of_nobody("", "nobody@elsewhere.example"),
            row_of_nobody("", "NOBODY@elsewhere.example"),
        ],
    )
    bring_up_to_date(acme, today_of(acme))
    return people
