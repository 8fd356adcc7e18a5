"""The member CSV as people really have it: encodings, delimiters, languages, and broken files."""

import csv
import io
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from usher.activity.console import parse as parsing
from usher.activity.console.headers import MemberField, says_never
from usher.activity.console.parse import ConsoleFile, parse
from usher.csvfiles.dates import DateOrder
from usher.csvfiles.problems import UnreadableFile
from usher.spreadsheet_cells import original_text

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


def is_unmarked(cell: str) -> bool:
    """Not with the mark before a formula that exports set, and that is taken off when they are read."""
    return original_text(cell) == cell


# What cp1252 and Latin-1 hold alike, so that what is written in the one is read as the other.
letters = st.characters(max_codepoint=0xFF, exclude_categories=("Cc",)) | st.sampled_from("\n\t;,\"'")
names = st.text(letters)
dates = st.none() | st.dates(date(2008, 1, 1), date(2098, 12, 31))
addresses = names.map(lambda name: f"{name.strip()}@example.com")
people = st.lists(
    st.tuples(names.filter(is_unmarked), addresses.filter(is_unmarked), dates, dates), min_size=1
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


@pytest.mark.parametrize("header", ["E-MAIL_ADDRESS", " email ", "Email", "e mail", "E‑mail", "Email (work)"])
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


def test_dates_in_both_orders_are_asked_about_and_refused_where_the_answer_fits_too_few() -> None:
    cells = ["11/20/2026", "20/11/2026"] * 5
    assert one_date(*cells).date_order == DateOrder.AMBIGUOUS
    with pytest.raises(UnreadableFile) as refused:
        one_date(*cells, order=DateOrder.MDY)
    assert str(refused.value).startswith(
        "Line 3, column “Last activity”: “20/11/2026” has day and month the other way round than the rest."
    )


def test_an_order_that_the_dates_rule_out_is_refused() -> None:
    error = refusal("Email,Last activity\na@example.com,11/20/2026\n", DateOrder.DMY)
    assert "“11/20/2026” has day and month the other way round" in str(error)


def test_numbers_beside_written_dates_are_refused_since_a_spreadsheet_may_have_swapped_days() -> None:
    error = refusal("Email,Last activity\na@example.com,46346\nb@example.com,11/20/2026\n")
    assert "a spreadsheet has changed the file" in str(error)
    assert one_date("46346").rows[0].last_activity_on == date(2026, 11, 20)


def test_what_cannot_be_read_is_named_by_line_and_column_as_in_a_spreadsheet_and_the_rest_is_read() -> None:
    read = parse(
        (
            f"{HEADER}\n"
            '"Ana\nSilva",ana@example.com,2020-01-01,,soon\n'
            "\n"
            "Bo,not an address,2020-01-01,32.01.2020,2026-11-20\n"
            "Cy,cy@example.com,2020-01-01\n"
            "Di,,2020-01-01\n"
            "Ed,ed@example.com,2020-01-01,,2026-11-20\n"
            "Fay, F.,fay@example.com,2020-01-01,,2026-11-20\n"
        ).encode()
    )
    assert [(row.line, row.email) for row in read.rows] == [
        (2, "ana@example.com"),
        (5, "cy@example.com"),
        (7, "ed@example.com"),
    ]
    assert [str(problem) for problem in (*read.left_out, *read.blanked)] == [
        "Line 4, column “Email”: “not an address” is not an e-mail address.",
        "Line 6, column “Email”: The row of “Di” has no e-mail address.",
        "Line 8: The line has 6 cells, but the header has 5, so its values may be in the wrong columns.",
        "Line 2, column “Last activity date”: “soon” is not a day that Usher can read.",
    ]


def test_a_row_without_an_address_is_used_if_it_has_an_id() -> None:
    read = parse(b"User ID,Email,Joined\n1204,,2020-01-01\n")
    assert [(row.gid, row.email) for row in read.rows] == [("1204", "")]
    assert not read.left_out


@pytest.mark.parametrize(
    "words",
    [
        "Not yet logged in",
        "NEVER",
        "Noch nicht angemeldet",
        "Pas encore connecté",
        "まだログインしていません",
    ],
)
def test_never_logged_in_is_what_the_file_says_in_words(words: str) -> None:
    header = "Email,First Login Date,Last Activity"
    lines = [f"a@example.com,{words},{words}", "b@example.com,,", f"c@example.com,{words},2026-11-20"]
    lines += [f"d@example.com,,{words}", "e@example.com"]
    read = parse("\n".join([header, *lines]).encode())
    assert [row.has_never_logged_in for row in read.rows] == [True, False, False, True, False]
    assert [row.first_login_on for row in read.rows] == [None] * 5
    assert not read.blanked


@given(st.dates(date(2008, 1, 1), date(2090, 12, 31)))
def test_no_written_date_says_never(day: date) -> None:
    for form in ("%Y-%m-%d", "%d %B %Y", "%b %d, %Y", "%d. Mai %Y", "%d mai %Y"):
        assert not says_never(day.strftime(form))


def test_a_report_with_titles_and_a_workbook_are_read_too() -> None:
    read = parse(b"Members of Acme\n\nEMAIL ADDRESS,Last Activity (UTC),Seats\nana@example.com,2026-11-20\n")
    assert read.rows[0].last_activity_on == date(2026, 11, 20)
    assert read.ignored_columns == ["Seats"]


def test_a_cell_of_140_000_characters_is_read() -> None:
    projects = ", ".join(f"Project {number}" for number in range(10_500))
    assert len(projects) > 140_000
    read = parse(f'Email,Last Activity,Projects\na@example.com,2026-11-20,"{projects}"\n'.encode())
    assert read.rows[0].last_activity_on == date(2026, 11, 20)


def test_at_most_twenty_mistakes_are_named() -> None:
    lines = "\n".join("ana@example.com,soon" for _ in range(500))
    assert len(refusal(f"Email,Joined\n{lines}\n").problems) == 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty"),
        (
            "Name,Joined\nAna,2020-01-01\n",
            "No column holds the e-mail address. The columns are: “Name”, “Joined”",
        ),
        ("Name,Email\nAna,ana@example.com\n", "No column holds a date"),
        (f"{HEADER}\n", "but no members"),
        ("Email,Joined,Joined date\na@example.com,,\n", "“Joined” and “Joined date” both seem to be: Joined"),
        ('Email,Joined\n"a@example.com,2020-01-01\n', "quotation mark"),
        ("Email,Joined\na@example.com,Nov 20, 2026\n", "The line has 3 cells, but the header has 2"),
        ("Name,Email,Joined\nAna,,2020-01-01\n", "The row of “Ana” has no e-mail address"),
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
