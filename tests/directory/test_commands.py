"""`usher directory`: a file taken in from the command line, and who is in which group after a sync."""

import csv
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli.running import Usher, own_database
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
    with running(people=60, seed=7, per_minute=0) as box, own_database("directory_commands") as url:
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
    assert usher("directory", "import", str(file), "--source", "hr").returncode == 0
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


def test_a_big_drop_needs_its_flag(usher: Usher, file: Path) -> None:
    everybody = [f"p{n}@drop.example,Person {n},Active," for n in range(20)]
    file.write_text(HEAD + "\n".join(everybody))
    assert usher("directory", "import", str(file), "--source", "Drop").returncode == 0
    file.write_text(HEAD + "\n".join(everybody[:10]))
    refused = usher("directory", "import", str(file), "--source", "Drop")
    assert refused.returncode == 1
    assert "10 of 20 employees have left" in refused.stderr
    assert "--accept-drop" in refused.stderr
    again = usher("directory", "import", str(file), "--source", "Drop", "--accept-drop")
    assert (again.returncode, "10 are no longer listed: they left" in again.stdout) == (0, True)


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
