"""The ways in which the same table ends up in a file."""

import csv
import io
import random
import zipfile
from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

from openpyxl import Workbook

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
TITLES = (
    ["Headcount report"],
    ["Run on 25-Nov-2026, all cost centers"],
    ["Company:", "Example Holding B.V."],
    ["Confidential"],
)
BELOW = (
    ["Total", "{rows}"],
    ["Subtotal Ops", "{rows}"],
    ["Generated on 2026-11-25 07:00 by reports@company.example"],
    ["Page 1 of 1"],
    ["Grand Total:", "{rows}"],
    ["Summe", "{rows}"],
    ["End of report"],
)

Table = list[list[str]]


def as_csv(table: Table, delimiter: str, rng: random.Random) -> tuple[bytes, str]:
    """The content, and how it was written."""
    lines = [list(row) for row in table]
    quirks = []
    header = 0
    if rng.random() < 0.25:
        header = rng.randint(1, 4)
        lines = [list(rng.choice(TITLES)) for _ in range(header)] + lines
        quirks.append("titles")
    if rng.random() < 0.25:
        lines += [
            [cell.format(rows=len(table) - 1) for cell in rng.choice(BELOW)] for _ in range(rng.randint(1, 3))
        ]
        quirks.append("totals")
    if rng.random() < 0.2:
        lines = lines[: header + 1] + [_without_blank_end(line) for line in lines[header + 1 :]]
        quirks.append("short rows")
    elif rng.random() < 0.15:
        lines = lines[: header + 1] + [[*line, ""] for line in lines[header + 1 :]]
        quirks.append("a delimiter at the end")
    elif rng.random() < 0.2:
        width = max(map(len, lines))
        lines = [[*line, *[""] * (width - len(line))] for line in lines]
        quirks.append("all lines of one width")
    if rng.random() < 0.1:
        lines.insert(rng.randint(header + 1, len(lines)), [])
        quirks.append("a blank line")
    text = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_MINIMAL))
    end = rng.choice(("\r\n", "\n"))
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(lines)
    whole = text.getvalue()
    if rng.random() < 0.1:
        whole = f"sep={delimiter}{end}{whole}"
        quirks.append("sep=")
    encoding = rng.choice(ENCODINGS)
    try:
        content = whole.encode(encoding)
    except UnicodeEncodeError:
        encoding = "utf-8-sig"
        content = whole.encode(encoding)
    return content, f"csv {encoding} {delimiter!r} {', '.join(quirks)}"


def as_workbook(table: Table, days: Sequence[int], rng: random.Random) -> tuple[bytes, str]:
    """`days`: the columns in which ISO days become days of the workbook."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Report"
    if rng.random() < 0.3:
        sheet.append(["Headcount report"])
    for n, row in enumerate(table):
        sheet.append([_typed(text) if place in days and n else text for place, text in enumerate(row)])
    if rng.random() < 0.3:
        sheet.append(["Total", len(table) - 1])
    if rng.random() < 0.3:
        book.create_sheet("Notes", rng.choice((0, 1))).append(["What this is about"])
    if rng.random() < 0.2:
        hidden = book.create_sheet("Last year", 0)
        for row in table[: len(table) // 2]:
            hidden.append(row)
        hidden.sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue(), "xlsx"


def as_ods(table: Table) -> tuple[bytes, str]:
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'
            for text in row
        )
        + "</table:table-row>"
        for row in table
    )
    spaces = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{spaces}:office:1.0"'
        f' xmlns:table="{spaces}:table:1.0" xmlns:text="{spaces}:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Report">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
        f' xmlns:manifest="{spaces}:manifest:1.0"><manifest:file-entry manifest:full-path="/"'
        ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return file.getvalue(), "ods"


def _typed(text: str) -> date | str:
    is_iso = len(text) == 10 and text[4] == text[7] == "-" and not text.startswith(("0000", "9999"))
    return date.fromisoformat(text) if is_iso else text


def _without_blank_end(line: list[str]) -> list[str]:
    while line and not line[-1]:
        line = line[:-1]
    return line
