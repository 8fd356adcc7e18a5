"""Files as nobody exports them: broken, cut off, of another kind, with every character in them."""

import io
import zipfile

from hypothesis import strategies as st

from tests.support.fuzz.values import values

HEADERS = ["Employee ID", "Name", "Work email", "Last day", "Status", "Email", "Last activity", "Joined date"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-32", "utf-7"]


def files() -> st.SearchStrategy[bytes]:
    return st.one_of(st.binary(max_size=200), tables(), tables().flatmap(_cut), _workbooks())


def tables() -> st.SearchStrategy[bytes]:
    """A table with known headers and unexpected cells."""
    cells = st.lists(values(), min_size=1, max_size=5)
    return st.builds(
        lambda header, rows, delimiter, encoding: "\n".join(
            delimiter.join(row) for row in [header, *rows]
        ).encode(encoding, "replace"),
        st.lists(st.sampled_from(HEADERS), min_size=1, max_size=5),
        st.lists(cells, max_size=4),
        st.sampled_from([",", ";", "\t", "|", '","']),
        st.sampled_from(ENCODINGS),
    )


def _cut(content: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(content)).map(lambda at: content[:at])


def _workbooks() -> st.SearchStrategy[bytes]:
    """Zip archives that call themselves workbooks."""
    names = ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "mimetype", "content.xml"]
    return st.dictionaries(st.sampled_from(names), st.binary(max_size=80), max_size=4).map(_zipped)


def _zipped(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()
