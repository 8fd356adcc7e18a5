"""Where Usher cannot tell which column is which, it asks, and following its advice works."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.support.cli.running import Usher, migrated_database
from usher.directory.models import Import

ODD = "Anschrift;Befund;Wann zuletzt\nada@acme.example;dabei;\nbo@acme.example;weg;31.10.2026\n"
NUMBERS = "Kennung,Name,Zustand\n17,Ada,aktiv\n18,Bo,ausgeschieden\n"


def held(operator: Client, content: str) -> str:
    file = SimpleUploadedFile("people.csv", content.encode())
    answer = operator.post("/directory/imports/upload/", {"file": file, "name": "HR"})
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


@pytest.mark.django_db
def test_the_columns_of_an_odd_file_are_chosen_on_the_page(operator: Client) -> None:
    page = held(operator, ODD)
    shown = operator.get(page).content.decode()
    assert "Which column holds the last day of work?" in shown
    chosen = {"email": "Anschrift", "status": "Befund", "last_day": "Wann zuletzt"}
    operator.post(page.replace("preview", "reading"), chosen)
    batch = Import.objects.get()
    assert {key: batch.mapping[key] for key in ("status", "last_day")} == {
        "status": "Befund",
        "last_day": "Wann zuletzt",
    }
    assert "Status “weg”" in operator.get(page).content.decode()


@pytest.mark.django_db
def test_a_file_without_a_known_key_offers_its_columns_on_the_page(operator: Client) -> None:
    page = held(operator, NUMBERS)
    shown = operator.get(page).content.decode()
    assert "No column holds the e-mail address or the employee ID" in shown
    assert "Kennung" in shown
    operator.post(page.replace("preview", "reading"), {"external_id": "Kennung", "status": "Zustand"})
    assert "No column holds" not in operator.get(page).content.decode()


@pytest.fixture(scope="module")
def usher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Usher]:
    with migrated_database("choosing_columns") as url:
        yield Usher(USHER_HOME=str(tmp_path_factory.mktemp("home")), DATABASE_URL=url)


def test_the_options_that_the_command_advises_answer_it(usher: Usher, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(NUMBERS)
    command = ("directory", "import", str(file), "--source", "HR")
    asked = usher(*command)
    assert asked.returncode == 1
    said = asked.stdout + asked.stderr
    assert "No column holds the e-mail address" in said
    assert '--map external_id="COLUMN"' in said
    assert '--map status="Zustand"' in said
    answers = ("--map", "external_id=Kennung", "--map", "status=Zustand")
    done = usher(*command, *answers, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "No column holds" not in done.stdout
    assert "1 join" in done.stdout
