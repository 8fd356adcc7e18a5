"""Two files of one source at once: one after the other, never mixed."""

import threading

import pytest
from django.db import connections

from tests.support.directory.sources import SEEN, a_source
from usher.directory.imports.importing import apply
from usher.directory.imports.reading import read_file
from usher.directory.models import Employee, Import
from usher.ledger.actors import Actor


@pytest.mark.django_db(transaction=True)
def test_two_files_of_one_source_at_once_do_not_mix() -> None:
    source = a_source()
    files = [
        "\n".join(
            ["Email,Department,Status", *(f"p{n}@acme.example,{name},Active" for n in range(300))]
        ).encode()
        for name in ("Red", "Blue")
    ]
    failures: list[BaseException] = []

    def take_in(content: bytes) -> None:
        try:
            apply(source, content, read_file(content), Actor("person", "ada"), "people.csv", SEEN)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take_in, args=[content]) for content in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Employee.objects.count() == 300
    assert len(set(Employee.objects.values_list("department", flat=True))) == 1
    assert sorted(Import.objects.values_list("joined", "changed")) == [(0, 300), (300, 0)]
