"""Writes the tables as Parquet, in constant memory: rows come from a cursor of the server, some at a time."""

import os
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from usher.refusals import Refused
from usher.warehouse.schema import SCHEMA_VERSION, TABLES, ColumnType, WarehouseTable
from usher.web.layout import usher_version

ROW_GROUP = 50_000
"""Rows that are in memory, and in one row group of a file."""


class NoPyarrow(Refused):
    def __init__(self) -> None:
        super().__init__(
            "Parquet is written by pyarrow, which is not installed.",
            "Install it beside Usher: pip install 'usher-seats[warehouse]'.",
        )


class NoFolder(Refused):
    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"{folder} cannot be written: {why}.", "Name a folder that you may write to.")


def export_tables(folder: Path, connections: list[int]) -> Iterator[tuple[Path, int]]:
    """Each file that was written, and its rows. A file that is there is replaced when the new one is whole.

    Each file is of one moment; the next is a little younger. Raises NoPyarrow, NoFolder.
    """
    arrow, parquet = _pyarrow()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            path = folder / f"{table.name}.parquet"
            fresh = folder / f".{path.name}.{os.getpid()}"
            try:
                rows = _write(table, fresh, connections, arrow, parquet)
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
            yield path, rows
    except OSError as error:
        raise NoFolder(folder, error.strerror or type(error).__name__) from error


def _pyarrow() -> tuple[Any, Any]:
    """An optional package, imported when it is needed."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise NoPyarrow from None


def _write(table: WarehouseTable, path: Path, connections: list[int], arrow: Any, parquet: Any) -> int:  # noqa: ANN401
    schema = _schema(table, arrow)
    written = 0
    with transaction.atomic(), parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        rows = table.rows(connections).iterator(chunk_size=2_000)
        while some := list(islice(rows, ROW_GROUP)):
            columns = [
                arrow.array(values, type=field.type)
                for values, field in zip(zip(*some, strict=True), schema, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(columns, schema=schema), row_group_size=ROW_GROUP)
            written += len(some)
    return written


def _schema(table: WarehouseTable, arrow: Any) -> Any:  # noqa: ANN401  # of pyarrow
    types = {
        ColumnType.TEXT: arrow.string(),
        ColumnType.NUMBER: arrow.int64(),
        ColumnType.MOMENT: arrow.timestamp("us", tz="UTC"),
        ColumnType.DAY: arrow.date32(),
        ColumnType.FLAG: arrow.bool_(),
    }
    fields = [
        arrow.field(column.name, types[column.type], metadata={"description": column.meaning})
        for column in table.columns
    ]
    about = {
        "usher.table": table.name,
        "usher.schema_version": str(SCHEMA_VERSION),
        "usher.version": usher_version(),
        "usher.exported_at": timezone.now().isoformat(timespec="seconds"),
    }
    return arrow.schema(fields, metadata=about)
