"""A member CSV is taken in whole, or changes nothing."""

from datetime import date, timedelta

import pytest

from usher.access.models import User
from usher.activity.console.parse import parse
from usher.activity.console.store import store
from usher.activity.models import ConsoleImport, ConsoleSighting, PersonUsage
from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.csvfiles.problems import UnreadableFile
from usher.ledger.actors import SYSTEM, Actor
from usher.ledger.models import Entry

EXPORTED = date(2026, 11, 20)
HEADER = "Email,Joined,First login,Last activity\n"


def import_lines(
    connection: Connection, *lines: str, on: date = EXPORTED, actor: Actor = SYSTEM
) -> ConsoleImport:
    return store(connection, parse((HEADER + "\n".join(lines)).encode()), on, "members.csv", actor)


def sightings() -> dict[str, tuple[date | None, date | None, date | None]]:
    return {
        s.user_gid: (s.joined_on, s.first_login_on, s.last_activity_on) for s in ConsoleSighting.objects.all()
    }


def test_what_the_file_says_of_known_people_is_kept_with_its_day_and_importer(
    acme: Connection, user: User
) -> None:
    stored = import_lines(
        acme,
        "ana@example.com,2020-01-02,2020-01-03,2026-11-19",
        "BO@example.com,2021-01-02,Never,-",
        "nobody@example.com,2021-01-02,,",
        actor=Actor("person", user.username, user.pk),
    )
    assert (stored.rows, stored.matched, stored.exported_on, stored.imported_by) == (3, 2, EXPORTED, user)
    assert sightings() == {
        "11": (date(2020, 1, 2), date(2020, 1, 3), date(2026, 11, 19)),
        "12": (date(2021, 1, 2), None, None),
    }


def test_last_use_takes_the_file_in(acme: Connection) -> None:
    import_lines(acme, "ana@example.com,2020-01-02,2020-01-03,2026-11-19")
    usage = PersonUsage.objects.get(connection=acme, user_gid="11")
    assert usage.last_used_source == "console"
    assert usage.last_used_at is not None
    assert usage.last_used_at.date() == date(2026, 11, 19)


def console_words(connection: Connection) -> dict[str, tuple[bool, date | None]]:
    """Whether any file has a login, and the day of the newest file if it says never; by gid."""
    usage = PersonUsage.objects.filter(connection=connection)
    return {
        gid: (has, on)
        for gid, has, on in usage.values_list("user_gid", "has_logged_in", "never_logged_in_on")
    }


def test_who_has_never_logged_in_is_what_the_newest_file_says(acme: Connection) -> None:
    earlier = EXPORTED - timedelta(days=9)
    never = "Not yet logged in"
    import_lines(
        acme,
        f"ana@example.com,,{never},{never}",
        f"bo@example.com,,{never},",
        f"cy@example.com,,{never},",
        on=earlier,
    )
    assert console_words(acme) == dict.fromkeys(("11", "12", "13"), (False, earlier))
    import_lines(
        acme, f"ana@example.com,,{never},{never}", "bo@example.com,,2026-11-15,", "cy@example.com,2020-01-01"
    )
    assert console_words(acme) == {"11": (False, EXPORTED), "12": (True, None), "13": (False, None)}
    import_lines(acme, "bo@example.com,,,")
    assert console_words(acme) == {"11": (False, earlier), "12": (False, None), "13": (False, earlier)}, (
        "a file that was replaced says nothing any more"
    )


def test_a_second_file_of_the_same_day_replaces_the_first_and_of_another_day_does_not(
    acme: Connection,
) -> None:
    import_lines(acme, "ana@example.com,,,2026-11-01", "bo@example.com,,,")
    import_lines(acme, "ana@example.com,,,2026-10-01", on=EXPORTED - timedelta(days=20))
    import_lines(acme, "ana@example.com,,,2026-11-02")
    found = ConsoleSighting.objects.order_by("console_import__exported_on")
    assert [(s.user_gid, s.last_activity_on) for s in found] == [
        ("11", date(2026, 10, 1)),
        ("11", date(2026, 11, 2)),
    ]


def test_people_of_another_connection_are_not_touched(acme: Connection) -> None:
    other = Connection.objects.create(
        name="Other", authorization="token", asana_user_gid="2", sync_at=acme.sync_at
    )
    with pytest.raises(UnreadableFile, match="None of the 1 rows is about a person in “Other”"):
        import_lines(other, "ana@example.com,,,2026-11-01")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nobody@example.com,,,2026-11-01", "Column “Email”: None of the 1 rows"),
        (
            "ana@example.com,,,2026-11-22",
            "Line 2, column “Last activity”: 2026-11-22 is after the day of the export",
        ),
        ("ana@example.com,03/04/2026,,", "“03/04/2026” can be read in two ways"),
    ],
)
def test_a_file_that_cannot_count_leaves_everything_as_it_was(acme: Connection, line: str, said: str) -> None:
    before = import_lines(acme, "ana@example.com,,,2026-11-01")
    with pytest.raises(UnreadableFile) as refused:
        import_lines(acme, line)
    assert said in str(refused.value)
    assert list(ConsoleImport.objects.all()) == [before]
    assert sightings() == {"11": (None, None, date(2026, 11, 1))}


def test_activity_on_the_day_after_the_export_is_the_consoles_other_clock(acme: Connection) -> None:
    import_lines(acme, "ana@example.com,,,2026-11-21")
    assert sightings()["11"][2] == date(2026, 11, 21)


def test_a_day_to_come_is_refused_as_the_day_of_the_export(acme: Connection) -> None:
    with pytest.raises(UnreadableFile, match="is in the future"):
        import_lines(acme, "ana@example.com,,,", on=today_of(acme) + timedelta(days=2))


def test_what_goes_wrong_at_the_end_undoes_all(acme: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError("no space left")

    import_lines(acme, "ana@example.com,,,2026-11-01")
    monkeypatch.setattr("usher.activity.usage.compute.recompute_console", full_disk)
    with pytest.raises(OSError, match="no space left"):
        import_lines(acme, "bo@example.com,,,2026-11-02")
    assert sightings() == {"11": (None, None, date(2026, 11, 1))}


def test_the_ledger_tells_what_was_taken_in_and_what_it_replaced(acme: Connection) -> None:
    import_lines(acme, "ana@example.com,,,2026-11-18")
    import_lines(acme, "ana@example.com,,,2026-11-19", "bo@example.com,,,2026-11-19")
    newest = Entry.objects.filter(action="console.imported").first()
    assert newest
    assert newest.before == {"file_name": "members.csv", "rows": 1, "matched": 1}
    assert newest.after == {"file_name": "members.csv", "rows": 2, "matched": 2}
