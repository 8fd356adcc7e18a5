"""The pages of the member CSV cost the same number of queries for two rows and for twenty."""

from datetime import date, timedelta
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.support.queries import assert_costs_the_same
from usher.access.models import User
from usher.activity.models import ConsoleImport
from usher.connections.models import Connection
from usher.roster.models import Person


@pytest.fixture
def page(transactional_db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("o@example.com", "o@example.com", name="O", role="operator"))
    return client


def test_the_imported_files(page: Client, acme: Connection) -> None:
    user = User.objects.get()
    numbers = count()

    def add(how_many: int) -> None:
        for n in [next(numbers) for _ in range(how_many)]:
            ConsoleImport.objects.create(
                connection=acme,
                exported_on=date(2026, 1, 1) + timedelta(days=n),
                file_name=f"{n}.csv",
                rows=n,
                matched=n,
                imported_by=user,
            )

    assert_costs_the_same(page, "/console/", add)


def test_the_preview_of_a_file(page: Client, acme: Connection) -> None:
    Person.objects.bulk_create(
        Person(connection=acme, gid=str(100 + n), name=f"Person {n}", email=f"p{n}@example.com")
        for n in range(20)
    )

    def queries_for(rows: int) -> int:
        lines = "".join(f"p{n}@example.com,2026-01-02\nx{n}@example.com,2026-01-02\n" for n in range(rows))
        file = SimpleUploadedFile("members.csv", f"Email,Last activity\n{lines}".encode())
        fields = {"file": file, "connection": acme.pk, "exported_on": "2026-01-03"}
        answer = page.post("/console/", fields)
        with CaptureQueriesContext(database) as captured:
            assert page.get(answer.headers["Location"]).status_code == 200
        return len(captured)

    queries_for(1)
    assert queries_for(20) == queries_for(2)
