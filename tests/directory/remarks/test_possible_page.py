"""The page and the export of people who may be leavers."""

import csv
import io

import pytest

from tests.directory.conftest import signed_in
from tests.support.directory.sources import SEEN, a_source, an_employee
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.directory.matching.update import bring_up_to_date

pytestmark = pytest.mark.django_db


def test_who_may_have_left_is_listed_and_exported_with_the_reason() -> None:
    acme = a_workspace(a_connection(), "Acme Inc", "acme.example")
    a_member(acme, "Ada Lovelace", "ada.lovelace@gmail.example")
    a_member(acme, "Bo Chen", "bo@acme.example")
    hr = a_source(changed_at=SEEN)
    an_employee(hr, "ada@acme.example", "Ada Lovelace", is_active=False)
    an_employee(hr, "bo@acme.example", "Bo Chen")
    bring_up_to_date()
    viewer = signed_in("viewer")
    why = (
        "May be Ada Lovelace (ada@acme.example), who has left according to HR. Same name, different address."
    )
    page = viewer.get("/directory/possible-leavers/").content.decode()
    assert why in page and "Review the match" in page and "Bo Chen" not in page
    exported = b"".join(viewer.get("/directory/possible-leavers.csv")).decode()
    (row,) = csv.DictReader(io.StringIO(exported.removeprefix("\ufeff")))
    assert (row["name"], row["why"]) == ("Ada Lovelace", why)
