"""The member CSV as people really have it: encodings, delimiters, languages, and broken files."""

import csv
import io
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from usher.activity.console import parse as parsing
from usher.activity.console.headers import MemberField
from usher.activity.console.parse import ConsoleFile, parse
from usher.csvfiles.dates import DateOrder
from usher.csvfiles.problems import UnreadableFile

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
DELIMITERS = [",", ";", "\t"]
HEADER = "Name,Email,Joined date,First login,Last activity date"


def refusal(text: str, order: DateOrder | None = None) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as refused:
        parse(text.encode(), order)
    return refused.value


def one_date(*cells: str, order: DateOrder | None = None) -> ConsoleFile:
    lines = "\n".join(f"ana{number}@example.com,{cell}" for number, cell in enumerate(cells))
    return parse(f"Email,Last activity\n{lines}\n".encode(), order)


# What cp1252 and Latin-1 hold alike, so that what is written in the one is read as the other.
letters = st.characters(max_codepoint=0xFF, exclude_categories=("Cc",)) | st.sampled_from("\n\t;,\"'")
names = st.text(letters)
dates = st.none() | st.dates(date(2008, 1, 1), date(2099, 12, 31))
people = st.lists(
    st.tuples(names, names.map(lambda name: f"{name.strip()}@example.com"), dates, dates), min_size=1
)


@given(people, st.sampled_from(ENCODINGS), st.sampled_from(DELIMITERS), st.permutations(range(5)))
@example(
    [('Jörg; "Müller",\nBerlin', "jörg@example.com", None, date(2026, 11, 20))],
    "cp1252",
    ";",
    [4, 3, 2, 1, 0],
)
def test_what_csv_writes_is_read_back_the_same(
    rows: list[tuple[str, str, date | None, date | None]], encoding: str, delimiter: str, places: list[int]
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter)
    headers = ["Name", "E-Mail-Adresse", "Joined", "Last activity", "Teams"]
    writer.writerow([headers[place] for place in places])
    for name, email, joined, active in rows:
        cells = [name, email, joined or "", active or "Never", "Sales, Support"]
        writer.writerow([cells[place] for place in places])
    content = written.getvalue().encode(encoding)
    if encoding in ("cp1252", "latin-1"):
        assume(not _is_utf8(content) or content.isascii())  # no reader could tell
    read = parse(content)
    assert read.delimiter == delimiter
    assert read.ignored_columns == ["Teams"]
    assert [(r.name, r.email, r.joined_on, r.last_activity_on) for r in read.rows] == [
        (name, email.strip(), joined, active) for name, email, joined, active in rows
    ]


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("encoding", ENCODINGS[:5])
@pytest.mark.parametrize(
    "header",
    [
        "User name,Email address,Member since,First login date,Last active,Login method,Member or guest,User ID",
        "Benutzername;E-Mail-Adresse;Beitrittsdatum;Erste Anmeldung;Letzte Aktivität;Anmeldemethode;Intern;Benutzer-ID",
        "Nom;Adresse e-mail;Inscrit le;Première connexion;Dernière activité;Méthode de connexion;Interne;Identifiant",
        "Nombre;Correo;Fecha de ingreso;Primer inicio de sesión;Última actividad;Método de acceso;Tipo;ID de usuario",
        "Nome;E-mail;Data de ingresso;Primeiro login;Última atividade;Método de login;Interno;ID do usuário",
        "名前\tメールアドレス\t参加日\t初回ログイン\t最終アクティビティ\tログイン方法\t内部\tユーザーID",
    ],
)
def test_columns_are_known_in_the_consoles_languages(header: str, encoding: str) -> None:
    delimiter = next(mark for mark in (";", "\t", ",") if mark in header)
    cells = ["Ana", "ana@example.com", "2020-01-02", "2020-01-03", "2026-11-20", "SAML", "yes", "1204"]
    read = parse(f"{header}\r\n{delimiter.join(cells)}\r\n".encode(encoding))
    (row,) = read.rows
    assert (row.name, row.email, row.gid, row.login_method, row.kind) == (
        "Ana",
        "ana@example.com",
        "1204",
        "SAML",
        "yes",
    )
    assert (row.joined_on, row.first_login_on, row.last_activity_on) == (
        date(2020, 1, 2),
        date(2020, 1, 3),
        date(2026, 11, 20),
    )
    assert read.ignored_columns == []
    assert list(read.columns.values()) == header.split(delimiter)


def test_japanese_from_a_japanese_excel_is_read_too() -> None:
    read = parse(
        "名前,メールアドレス,最終アクティビティ\n花子,hanako@example.com,2026/11/20\n".encode("cp932")
    )
    assert read.rows[0].name == "花子"


@pytest.mark.parametrize("header", ["E-MAIL_ADDRESS", " email ", "Email", "e mail", "E‑mail"])
def test_capitals_blanks_and_underscores_of_a_header_do_not_matter(header: str) -> None:
    read = parse(f"{header},LAST_ACTIVITY DATE\nana@example.com,2026-11-20\n".encode())
    assert read.columns == {
        MemberField.EMAIL: header.strip(),
        MemberField.LAST_ACTIVITY: "LAST_ACTIVITY DATE",
    }


def test_excels_note_on_the_delimiter_and_empty_lines_are_passed_over() -> None:
    read = parse(b"sep=;\r\n\r\nEmail;Last activity\r\n\r\nana@example.com;2026-11-20\r\n;\r\n")
    assert [(row.line, row.email) for row in read.rows] == [(4, "ana@example.com")]


def test_a_gid_that_a_spreadsheet_rounded_is_not_taken() -> None:
    read = parse(b"User ID,Email,Joined\n1.2E+15,ana@example.com,\n1204,bo@example.com,\n")
    assert [row.gid for row in read.rows] == ["", "1204"]


def test_one_date_that_can_only_be_read_one_way_decides_for_all() -> None:
    read = one_date("03/04/2026", "11/20/2026")
    assert read.date_order == DateOrder.MDY
    assert [row.last_activity_on for row in read.rows] == [date(2026, 3, 4), date(2026, 11, 20)]
    read = one_date("03/04/2026", "20/11/2026")
    assert read.date_order == DateOrder.DMY
    assert [row.last_activity_on for row in read.rows] == [date(2026, 4, 3), date(2026, 11, 20)]


def test_where_both_ways_are_possible_it_is_asked_and_the_answer_counts() -> None:
    read = one_date("05/05/2026", "03/04/2026")
    assert (read.date_order, read.unclear_date) == (DateOrder.AMBIGUOUS, "03/04/2026")
    assert read.rows[1].last_activity_on is None, "not guessed"
    for order, day in ((DateOrder.MDY, date(2026, 3, 4)), (DateOrder.DMY, date(2026, 4, 3))):
        answered = one_date("05/05/2026", "03/04/2026", order=order)
        assert (answered.date_order, answered.rows[1].last_activity_on) == (order, day)


def test_where_the_order_does_not_matter_nothing_is_asked() -> None:
    assert one_date("05/05/2026").date_order is None
    assert one_date("05/05/2026").rows[0].last_activity_on == date(2026, 5, 5)
    assert one_date("2026-11-20", order=DateOrder.DMY).date_order is None


def test_dates_in_both_orders_are_refused_with_both_lines() -> None:
    error = refusal("Email,Last activity\na@example.com,11/20/2026\nb@example.com,20/11/2026\n")
    assert str(error) == (
        "Line 3, column “Last activity”: "
        "“20/11/2026” has the day and month in the opposite order from “11/20/2026” in line 2."
    )


def test_an_order_that_the_dates_rule_out_is_refused() -> None:
    error = refusal("Email,Last activity\na@example.com,11/20/2026\n", DateOrder.DMY)
    assert "“11/20/2026” cannot be read as day/month" in str(error)


def test_every_mistake_is_named_by_line_and_column_as_in_a_spreadsheet() -> None:
    error = refusal(
        f"{HEADER}\n"
        '"Ana\nSilva",ana@example.com,2020-01-01,,soon\n'
        "\n"
        "Bo,not an address,2020-01-01,32.01.2020,2026-11-20\n"
        "Cy,cy@example.com,2020-01-01\n"
    )
    assert [(problem.line, problem.column) for problem in error.problems] == [
        (2, "Last activity date"),
        (4, "Email"),
        (4, "First login"),
        (5, ""),
    ]
    assert all(problem.what and problem.remedy for problem in error.problems)


def test_at_most_twenty_mistakes_are_named() -> None:
    lines = "\n".join("ana@example.com,soon" for _ in range(500))
    assert len(refusal(f"Email,Joined\n{lines}\n").problems) == 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No column holds the e-mail"),
        (
            "Name,Joined\nAna,2020-01-01\n",
            "No column holds the e-mail address. The columns are: “Name”, “Joined”",
        ),
        ("Name,Email\nAna,ana@example.com\n", "No column holds a date"),
        (f"{HEADER}\n", "but no members"),
        ("Email,Joined,Joined date\na@example.com,,\n", "“Joined” and “Joined date” both seem to be: Joined"),
        ('Email,Joined\n"a@example.com,2020-01-01\n', "quotation mark"),
        ("Email,Joined\na@example.com,2020-01-01\nb@exam", "The line has 1 cells, but the first line has 2"),
        ("Email,Joined\na@example.com,Nov 20, 2026\n", "The line has 3 cells, but the first line has 2"),
    ],
)
def test_a_file_that_is_not_the_export_is_refused_in_words(text: str, said: str) -> None:
    assert said in str(refusal(text))


def test_a_workbook_is_told_from_a_csv() -> None:
    with pytest.raises(UnreadableFile, match="workbook"):
        parse(b"PK\x03\x04" + bytes(200))


def test_a_file_beyond_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MAX_ROWS", 2)
    assert "more than 2 members" in str(refusal("Email,Joined\n" + "a@example.com,\n" * 3))
    monkeypatch.setattr(parsing, "MAX_BYTES", 10)
    assert "MB" in str(refusal("Email,Joined\n"))


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"Email,Joined\n{text}".encode()))
def test_any_bytes_are_read_or_refused_in_words(content: bytes) -> None:
    try:
        read = parse(content)
    except UnreadableFile as error:
        assert error.problems
    else:
        assert read.rows
