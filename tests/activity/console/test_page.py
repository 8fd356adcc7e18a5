"""Upload, preview, confirm: nothing counts before it was seen."""

import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from usher.access.models import User
from usher.activity.models import ConsoleImport, ConsoleSighting, ConsoleUpload
from usher.connections.models import Connection

CSV = (
    "Name,Email,Teams,Joined,Last activity\n"
    "Ana Silva,ana@example.com,Sales,2020-01-02,2026-11-19\n"
    "Stranger,stranger@example.com,Sales,2020-01-02,2026-11-19\n"
    "Ana again,ANA@example.com,Sales,2020-01-02,2026-01-01\n"
)


def upload(browser: Client, connection: Connection, text: str = CSV, on: str = "2026-11-20") -> HttpResponse:
    file = SimpleUploadedFile("members.csv", text.encode(), "text/csv")
    return browser.post(
        "/console/", {"connection": connection.pk, "file": file, "exported_on": on}, follow=True
    )


def words_of(page: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def test_from_upload_over_preview_to_what_counts(browser: Client, acme: Connection, user: User) -> None:
    page = upload(browser, acme)
    words = words_of(page)
    assert "Not used Teams" in words
    assert "Ana Silva ana@example.com" in words
    assert "4 stranger@example.com" not in words
    assert "3 stranger@example.com Stranger" in words
    assert "line 2 is used" in words
    assert "skipped: line 4" in words
    assert not ConsoleImport.objects.exists(), "a preview stores nothing"

    held = ConsoleUpload.objects.get()
    page = browser.post(f"/console/{held.pk}/", follow=True)
    assert "People matched: 1" in words_of(page)
    stored = ConsoleImport.objects.get()
    assert (stored.file_name, stored.exported_on, stored.imported_by) == (
        "members.csv",
        date(2026, 11, 20),
        user,
    )
    assert ConsoleSighting.objects.get().last_activity_on == date(2026, 11, 19)
    assert not ConsoleUpload.objects.exists()


def test_an_ambiguous_order_is_asked_and_only_then_can_be_confirmed(
    browser: Client, acme: Connection
) -> None:
    text = "Email,Last activity\nana@example.com,03/04/2026\nANA@example.com,01/01/2026\n"
    page = upload(browser, acme, text)
    held = ConsoleUpload.objects.get()
    assert "Day or month first?" in words_of(page)
    assert "Import" not in words_of(page)
    assert "required" not in words_of(page)
    assert "line 3 counts" not in words_of(page), "which is newer is not known yet"

    browser.post(f"/console/{held.pk}/")
    assert not ConsoleImport.objects.exists(), "not without an answer"

    page = browser.get(f"/console/{held.pk}/?date_order=dmy")
    assert "3 Apr 2026" in words_of(page)
    browser.post(f"/console/{held.pk}/", {"date_order": "dmy"})
    assert ConsoleSighting.objects.get().last_activity_on == date(2026, 4, 3)


def test_a_broken_file_is_refused_with_line_and_column_and_not_held(
    browser: Client, acme: Connection
) -> None:
    words = words_of(upload(browser, acme, "Email,Joined\nana@example.com,soon\n"))
    assert "Line 2, column “Joined”: “soon” is not a day" in words
    assert not ConsoleUpload.objects.exists()


def test_what_cannot_be_read_is_named_and_the_rest_can_be_imported(browser: Client, acme: Connection) -> None:
    text = "Email,First login,Last activity\n,,2026-11-01\nana@example.com,Not yet logged in\nbo@example.com,soon,\n"
    words = words_of(upload(browser, acme, f"{text}cy@example.com,2020-01-01,2026-11-01\n"))
    assert "Rows left out: 1. Cells that are no date, read as empty: 1." in words
    assert "Line 2, column “Email”: The row has no e-mail address." in words
    assert "Line 4, column “First login”: “soon” is not a day that Usher can read." in words
    browser.post(f"/console/{ConsoleUpload.objects.get().pk}/")
    assert ConsoleSighting.objects.get(user_gid="11").has_never_logged_in
    assert ConsoleImport.objects.get().matched == 3


def test_a_file_of_another_account_is_shown_but_cannot_count(browser: Client, acme: Connection) -> None:
    words = words_of(upload(browser, acme, "Email,Joined\nzoe@elsewhere.org,2020-01-01\n"))
    assert "None of the 1 rows is about a person in “Acme”" in words
    assert "Import" not in words


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("exported_on", "2999-01-01", "in the future"),
        ("exported_on", "", "required"),
        ("file", "", "required"),
    ],
)
def test_what_is_filled_in_wrong_is_said(
    browser: Client, acme: Connection, field: str, value: str, said: str
) -> None:
    filled = {
        "connection": str(acme.pk),
        "exported_on": "2026-11-20",
        "file": SimpleUploadedFile("members.csv", CSV.encode()),
    }
    page = browser.post("/console/", filled | {field: value})
    assert said in words_of(page)


def test_discarded_nothing_stays(browser: Client, acme: Connection) -> None:
    upload(browser, acme)
    browser.post(f"/console/{ConsoleUpload.objects.get().pk}/discard/")
    assert not ConsoleUpload.objects.exists()
    assert not ConsoleImport.objects.exists()


def test_nobody_sees_confirms_or_discards_what_another_uploaded(
    browser: Client, acme: Connection, client: Client
) -> None:
    upload(browser, acme)
    held = ConsoleUpload.objects.get()
    other = Client()
    other.force_login(
        User.objects.create_user("eve@example.com", "eve@example.com", "correct horse battery 9")
    )
    for page in (
        other.get(f"/console/{held.pk}/", follow=True),
        other.post(f"/console/{held.pk}/", follow=True),
        other.post(f"/console/{held.pk}/discard/", follow=True),
    ):
        assert "ana@example.com" not in page.content.decode()
    assert ConsoleUpload.objects.filter(pk=held.pk).exists()
    assert not ConsoleImport.objects.exists()


def test_who_is_not_signed_in_sees_nothing(client: Client, acme: Connection) -> None:
    assert client.get("/console/").status_code == 302
    assert client.post("/console/", {}).status_code == 302


def test_what_is_held_cannot_be_read_in_the_database_and_is_forgotten_after_a_day(
    browser: Client, acme: Connection
) -> None:
    upload(browser, acme)
    with database.cursor() as cursor:
        cursor.execute("SELECT content FROM activity_consoleupload")
        (content,) = cursor.fetchone()
    assert content.startswith("gAAAA"), "as the cipher writes"

    ConsoleUpload.objects.update(created_at=timezone.now() - timedelta(hours=25))
    held = ConsoleUpload.objects.get()
    assert "no longer available" in words_of(browser.get(f"/console/{held.pk}/", follow=True))
    upload(browser, acme)
    assert not ConsoleUpload.objects.filter(pk=held.pk).exists()


def test_names_from_the_file_are_escaped(browser: Client, acme: Connection) -> None:
    evil = "<script>alert(1)</script>"
    page = upload(
        browser, acme, f"Name,Email,Joined\n{evil},{evil}@example.com,2020-01-01\nAna,ana@example.com,\n"
    )
    assert evil not in page.content.decode()
    assert "&lt;script&gt;alert(1)" in page.content.decode()


def test_without_an_account_the_page_says_how_to_get_one(browser: Client) -> None:
    assert "No Asana account yet" in words_of(browser.get("/console/"))
