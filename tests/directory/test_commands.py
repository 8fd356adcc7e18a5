"""`usher directory`: a file taken in from the command line, and who is in which group after a sync."""

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli.running import Usher, migrated_database
from usher.sandbox import running

HEAD = "Work Email,Full Name,Status,Last Day\n"
pytestmark = pytest.mark.xdist_group("directory-commands")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="uh-", dir="/tmp"))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def usher(folder: Path) -> Iterator[Usher]:
    """With “Acme”, connected; not synced yet."""
    with running(people=60, seed=7, per_minute=0) as box, migrated_database("directory_commands") as url:
        command = Usher(USHER_HOME=str(folder), USHER_ASANA_URL=box.url, DATABASE_URL=url)
        connected = command("connect", "--name", "Acme", "--token", "sandbox-pat-1")
        assert connected.returncode == 0, connected.stderr
        yield command


@pytest.fixture
def file(folder: Path) -> Iterator[Path]:
    yield folder / "people.csv"


def listed(usher: Usher, *arguments: str) -> list[dict[str, str]]:
    done = usher("directory", "list", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_a_sync_matches_the_people_with_employees_who_were_known_before(usher: Usher, file: Path) -> None:
    people_of_sandbox = [f"p{n}@nowhere.example,Person {n},Active," for n in range(10)]
    file.write_text(HEAD + "\n".join(people_of_sandbox))
    done = usher("directory", "import", str(file), "--source", "HR")
    assert done.returncode == 0, done.stderr
    assert "10 join" in done.stdout
    assert listed(usher) == []
    assert usher("sync", "Acme").returncode == 0
    everybody = listed(usher)
    assert {each["group"] for each in everybody} == {"guest", "unknown"}
    one = next(each for each in everybody if each["group"] == "unknown")
    file.write_text(HEAD + "\n".join([*people_of_sandbox, f"{one['email'].upper()},Somebody,Active,"]))
    asked = usher("directory", "import", str(file), "--source", "hr")
    assert (asked.returncode, "Is this everybody who works here, or a part?" in asked.stderr) == (1, True)
    assert "--not-everybody" in asked.stdout
    done = usher("directory", "import", str(file), "--source", "hr", "--everybody")
    assert done.returncode == 0, done.stderr
    [found] = listed(usher, "--group", "employed")
    assert (found["gid"], found["source"]) == (one["gid"], "HR")
    rows = csv.DictReader(
        io.StringIO(usher("directory", "list", "--group", "employed", "--format", "csv").stdout)
    )
    assert [row["gid"] for row in rows] == [one["gid"]]


def test_a_dry_run_shows_and_changes_nothing(usher: Usher, file: Path) -> None:
    file.write_text(f"{HEAD}ada@acme.example,Ada,Active,\n")
    done = usher("directory", "import", str(file), "--source", "Only looked at", "--dry-run")
    assert (done.returncode, "Nothing was changed." in done.stdout) == (0, True)
    again = usher("directory", "import", str(file), "--source", "Only looked at", "--dry-run")
    assert "1 join" in again.stdout
    assert "There is no source" in usher("directory", "source", "Only looked at").stderr


def test_a_list_that_shrinks_asks_and_absence_is_answered_for_each_or_for_all(
    usher: Usher, file: Path
) -> None:
    everybody = [f"p{n}@drop.example,Person {n},Active," for n in range(20)]
    file.write_text(HEAD + "\n".join(everybody))
    assert usher("directory", "import", str(file), "--source", "Drop", "--everybody").returncode == 0
    file.write_text(HEAD + "\n".join(everybody[:10]))
    refused = usher("directory", "import", str(file), "--source", "Drop")
    assert refused.returncode == 1
    assert "10 of 20 employees would be gone" in refused.stderr
    assert "--not-everybody, or, if it is complete, --accept-drop 10" in refused.stderr
    assert usher("directory", "import", str(file), "--source", "Drop", "--accept-drop", "9").returncode == 1
    again = usher("directory", "import", str(file), "--source", "Drop", "--accept-drop", "10")
    assert (again.returncode, "10 are no longer listed: nobody has said" in again.stdout) == (0, True)
    shown = json.loads(usher("directory", "unlisted", "--source", "drop", "--format", "json").stdout)
    assert [each["id"] for each in shown] == [f"p{n}@drop.example" for n in range(10, 20)]
    assert "1 have left." in usher("directory", "has-left", "P10@drop.example").stdout
    assert "1 still work here." in usher("directory", "still-here", "p11@drop.example").stdout
    wrong = usher("directory", "has-left", "--source", "Drop", "--all", "9")
    assert (wrong.returncode, "8 are no longer listed, not 9" in wrong.stderr) == (1, True)
    assert usher("directory", "has-left", "nobody@drop.example").returncode == 1
    assert "8 have left." in usher("directory", "has-left", "--source", "Drop", "--all", "8").stdout
    assert "Nobody is missing" in usher("directory", "unlisted", "--source", "Drop").stdout


def test_what_absence_means_is_a_setting_of_the_source(usher: Usher, file: Path) -> None:
    everybody = [f"p{n}@part.example,Person {n},Active," for n in range(20)]
    file.write_text(HEAD + "\n".join(everybody))
    assert usher("directory", "import", str(file), "--source", "Part", "--everybody").returncode == 0
    shown = usher("directory", "source", "part", "--lists", "part").stdout
    assert "Its lists hold: a part." in shown
    file.write_text(HEAD + "\n".join(everybody[:10]))
    done = usher("directory", "import", str(file), "--source", "Part")
    assert (done.returncode, "Nothing changes." in done.stdout) == (0, True)
    assert "They have left" in usher("directory", "source", "part", "--absence", "left").stdout


def test_rows_that_cannot_be_read_are_left_out_only_when_their_number_is_accepted(
    usher: Usher, file: Path
) -> None:
    file.write_text(f"{HEAD}a@rows.example,Ada,Active,\n,Bo,Terminated,2026-01-31\n")
    refused = usher("directory", "import", str(file), "--source", "Rows", "--everybody")
    assert refused.returncode == 1
    assert "line 3: There is neither an e-mail address nor an employee ID." in refused.stderr
    assert "--accept-left-out 1" in refused.stderr
    done = usher(
        "directory", "import", str(file), "--source", "Rows", "--everybody", "--accept-left-out", "1"
    )
    assert done.returncode == 0, done.stderr


def test_what_a_file_leaves_open_is_answered_by_options(usher: Usher, file: Path) -> None:
    file.write_text("Login,Condition,End\nada@ask.example,Gone fishing,03/04/2020\n")
    asked = usher(
        "directory",
        "import",
        str(file),
        "--source",
        "Ask",
        "--map",
        "status=Condition",
        "--map",
        "last_day=End",
    )
    assert asked.returncode == 1
    assert "--date-order" in asked.stderr
    answers = (
        "--map",
        "status=Condition",
        "--map",
        "last_day=End",
        "--date-order",
        "dmy",
        "--status",
        "gone fishing=left",
        "--not-everybody",
    )
    done = usher("directory", "import", str(file), "--source", "Ask", *answers)
    assert done.returncode == 0, done.stderr
    remembered = usher("directory", "import", str(file), "--source", "Ask")
    assert (remembered.returncode, "Nothing changes." in remembered.stdout) == (0, True)


@pytest.mark.parametrize(
    ("content", "arguments", "code", "says"),
    [
        ("Colour\nred\n", (), 1, "No column holds the e-mail address"),
        (f"{HEAD}a@b.example,A,Active,\n", ("--map", "mail=Login"), 2, "Fields: email"),
        (f"{HEAD}a@b.example,A,Active,\n", ("--status", "x=gone"), 2, "Meanings: here"),
    ],
)
def test_wrong_use_says_what_is_right(
    content: str, arguments: tuple[str, ...], code: int, says: str, usher: Usher, file: Path
) -> None:
    file.write_text(content)
    done = usher("directory", "import", str(file), "--source", "Wrong", *arguments)
    assert (done.returncode, says in done.stderr) == (code, True)


def test_a_group_that_is_none_is_wrong_use(usher: Usher) -> None:
    done = usher("directory", "list", "--group", "nonsense")
    assert (done.returncode, "unknown" in done.stderr) == (2, True)
