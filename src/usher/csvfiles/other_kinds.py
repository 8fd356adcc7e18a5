"""Files that are no table although their name says so. The reason that people read is the true one."""

import io
import re
import zipfile

from usher.csvfiles.problems import UnreadableFile, unreadable

OF_A_WORKBOOK = ("[Content_Types].xml", "mimetype", "content.xml")
SAVE_AS = "Open it in a spreadsheet program, save it as .xlsx or CSV, and upload that file."
_WEB_PAGE = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|table|body|style|meta)\b", re.I | re.S
)


def check_kind(content: bytes, again: str) -> None:
    """Raises UnreadableFile for archives, web pages, PDF, JSON and XML. Workbooks and text pass."""
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if content.startswith(b"PK\x03\x04"):
        _check_archive(content)
    elif content.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        raise unreadable("The file is a compressed archive.", "Unpack it, and upload the list that is in it.")
    elif start.startswith(b"%PDF"):
        raise unreadable("The file is a PDF document, not a table.", again)
    elif _WEB_PAGE.match(start) or start.startswith(b"MIME-Version:"):
        raise unreadable(
            "The file is a web page (HTML), whatever its name says. Some systems save their reports so, as .xls.",
            SAVE_AS,
        )
    elif start.startswith((b"<?xml", b"<Workbook")):
        raise unreadable("The file is XML, whatever its name says.", SAVE_AS)
    elif re.match(rb"(?:\{\s*\"|\[\s*\{)", start):
        raise unreadable("The file is JSON, not a table.", "Export the list as CSV or .xlsx.")


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except zipfile.BadZipFile as error:
        raise unreadable(
            "The file is a workbook or an archive that was cut off.",
            "Download it again, and upload that file.",
        ) from error
    if not any(name in OF_A_WORKBOOK for name in names):
        raise _archive(names)


def _archive(names: list[str]) -> UnreadableFile:
    if any(name.startswith("Index/") for name in names):
        return unreadable(
            "The file is a Numbers document, which Usher cannot read.",
            "In Numbers, export it as CSV or Excel.",
        )
    listed = ", ".join(f"“{name}”" for name in names[:3]) or "nothing"
    return unreadable(
        f"The file is a ZIP archive. It holds {listed}.", "Unpack it, and upload the list that is in it."
    )
