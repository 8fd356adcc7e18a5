"""Who is in the newest member CSV and not in Usher is kept, encrypted, until a sync finds them."""

from datetime import date, timedelta

import pytest
from django.db import connection as database

from usher.activity.console.parse import parse
from usher.activity.console.store import store
from usher.activity.console.unmatched import match_again
from usher.activity.models import ConsoleImport, ConsoleSighting, PersonUsage, UnmatchedMember
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.roster.models import Person

EXPORTED = date(2026, 11, 20)
HEADER = "User ID,Name,Email,Joined,First login,Last activity\n"


def import_lines(connection: Connection, *lines: str, on: date = EXPORTED) -> ConsoleImport:
    return store(connection, parse((HEADER + "\n".join(lines)).encode()), on, "members.csv", SYSTEM)


def kept() -> list[tuple[str, str, str]]:
    return [(each.gid, each.name, each.email) for each in UnmatchedMember.objects.order_by("line")]


ANA = ",Ana,ana@example.com,2020-01-02,2020-01-03,2026-11-09"


def test_rows_about_nobody_are_kept_with_what_they_say(acme: Connection) -> None:
    stored = import_lines(acme, ANA, "99,Zoë,zoe@example.com,2026-11-01,Never,", ",,quiet@example.com,,,")
    assert stored.keeps_unmatched
    assert kept() == [("99", "Zoë", "zoe@example.com"), ("", "", "quiet@example.com")]
    zoe = UnmatchedMember.objects.get(gid="99")
    assert (zoe.joined_on, zoe.last_activity_on, zoe.has_never_logged_in) == (date(2026, 11, 1), None, True)


def test_the_database_has_neither_name_nor_address_in_clear(acme: Connection) -> None:
    import_lines(acme, ANA, "99,Zoë,zoe@example.com,2026-11-01,Never,")
    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(kept)::text FROM activity_unmatchedmember kept")
        (text,) = cursor.fetchone()
    assert "zoe" not in text.casefold() and "zoë" not in text.casefold()


def test_several_rows_of_one_address_are_one_person_as_the_newest_says(acme: Connection) -> None:
    import_lines(
        acme,
        ANA,
        ",Zoë,zoe@example.com,,,2026-11-01",
        ",Zoë Young,ZOE@example.com,,,2026-11-05",
        ",Zoe,zoe@example.com,,,",
    )
    assert kept() == [("", "Zoë Young", "ZOE@example.com")]


def test_only_the_newest_file_keeps_them(acme: Connection) -> None:
    first = import_lines(acme, ANA, ",Zoë,zoe@example.com,,,")
    import_lines(acme, ANA, ",Old,old@example.com,,,", on=EXPORTED - timedelta(days=5))
    assert kept() == [("", "Zoë", "zoe@example.com")], "an earlier file changes nothing"
    newest = import_lines(acme, ANA, ",Yan,yan@example.com,,,", on=EXPORTED + timedelta(days=1))
    assert kept() == [("", "Yan", "yan@example.com")]
    keeping = ConsoleImport.objects.filter(keeps_unmatched=True)
    assert list(keeping) == [newest] and first not in keeping


def test_a_file_of_the_same_day_takes_their_place(acme: Connection) -> None:
    import_lines(acme, ANA, ",Zoë,zoe@example.com,,,")
    assert import_lines(acme, ANA).keeps_unmatched
    assert kept() == []


def test_somebody_whom_a_sync_brings_is_matched_as_if_the_file_had_come_now(acme: Connection) -> None:
    stored = import_lines(
        acme, ANA, "99,Zoë,,,,2026-11-18", ",Yan,yan@example.com,,,2026-11-17", ",Xi,xi@example.com,,,"
    )
    assert match_again(acme) == 0
    Person.objects.create(connection=acme, gid="99", name="Zoë")
    Person.objects.create(connection=acme, gid="98", name="Yan", email="Yan@Example.com")
    assert match_again(acme) == 2
    assert kept() == [("", "Xi", "xi@example.com")]
    assert set(stored.sightings.values_list("user_gid", flat=True)) == {"11", "98", "99"}
    stored.refresh_from_db()
    assert (stored.rows, stored.matched) == (4, 3)
    usage = PersonUsage.objects.get(connection=acme, user_gid="99")
    assert usage.last_used_at and usage.last_used_at.date() == date(2026, 11, 18)
    assert match_again(acme) == 0, "once"


def test_somebody_who_is_in_the_file_by_another_row_stays_as_that_row_says(acme: Connection) -> None:
    import_lines(acme, ANA, ",Ana,ana.new@example.com,,,2026-11-20")
    Person.objects.filter(gid="11").update(email="ana.new@example.com")
    assert match_again(acme) == 1
    assert kept() == []
    assert ConsoleSighting.objects.get().last_activity_on == date(2026, 11, 9)


def test_nobody_is_matched_in_another_connection(acme: Connection) -> None:
    other = Connection.objects.create(
        name="Other", authorization="token", asana_user_gid="2", sync_at=acme.sync_at
    )
    import_lines(acme, ANA, ",Zoë,zoe@example.com,,,")
    Person.objects.create(connection=other, gid="99", name="Zoë", email="zoe@example.com")
    assert match_again(acme) == match_again(other) == 0


def test_matching_again_is_all_or_nothing(acme: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError("no space left")

    import_lines(acme, ANA, ",Zoë,zoe@example.com,,,")
    Person.objects.create(connection=acme, gid="99", name="Zoë", email="zoe@example.com")
    with monkeypatch.context() as patched:
        patched.setattr("usher.activity.console.unmatched.recompute_console", full_disk)
        with pytest.raises(OSError, match="no space left"):
            match_again(acme)
    assert len(kept()) == 1 and ConsoleSighting.objects.count() == 1
    assert match_again(acme) == 1


def test_they_go_with_the_connection(acme: Connection) -> None:
    import_lines(acme, ANA, ",Zoë,zoe@example.com,,,")
    acme.delete()
    assert not UnmatchedMember.objects.exists()
