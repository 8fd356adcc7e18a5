"""The tables that are exported: their columns, with types and meanings. A test compares them with docs/siem.md.

A column is only ever added, and SCHEMA_VERSION grows with it. Whoever reads the files may rely on names, types and
order of those that are there.
"""

from enum import Enum

import msgspec
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from usher.activity.models import ActiveDay
from usher.removal.models import Case
from usher.roster.models import SEAT, Membership, Person

SCHEMA_VERSION = 1


class ColumnType(Enum):
    TEXT = "string"
    NUMBER = "int64"
    MOMENT = "timestamp[us, tz=UTC]"
    DAY = "date32[day]"
    FLAG = "bool"


class WarehouseColumn(msgspec.Struct, frozen=True):
    """`path`: where Django finds it."""

    name: str
    type: ColumnType
    path: str
    meaning: str


class WarehouseTable(msgspec.Struct, frozen=True):
    name: str
    model: type[Model]
    of_connections: str
    """The path of the connection's key."""
    columns: tuple[WarehouseColumn, ...]

    def rows(self, connections: list[int]) -> "QuerySet[Model, tuple[object, ...]]":
        """In the order of keys; tuples as `columns` has them."""
        found = self.model._default_manager.filter(Q(**{f"{self.of_connections}__in": connections}))
        if self.model is Membership:
            is_seat = Membership.objects.filter(SEAT, pk=OuterRef("pk"))
            found = found.annotate(is_seat=Exists(is_seat))
        return found.order_by("pk").values_list(*(column.path for column in self.columns))


def _column(name: str, type: ColumnType, meaning: str, path: str = "") -> WarehouseColumn:  # its name
    return WarehouseColumn(name, type, path or name, meaning)


T, N, M, D, F = ColumnType.TEXT, ColumnType.NUMBER, ColumnType.MOMENT, ColumnType.DAY, ColumnType.FLAG

TABLES = (
    WarehouseTable(
        "people",
        Person,
        "connection",
        (
            _column("connection_id", N, "key of the connection in Usher"),
            _column("connection", T, "its name", "connection__name"),
            _column("person_gid", T, "Asana's ID of the person", "gid"),
            _column("name", T, "as in Asana"),
            _column("email", T, "as in Asana; empty where it is not shown"),
            _column("last_used_at", M, "newest human use; null: unknown or never", "usage__last_used_at"),
            _column("last_used_source", T, "`stream`, `audit` or `console`", "usage__last_used_source"),
            _column("active_days", N, "in the 30 days up to `as_of`; null: not known", "usage__active_days"),
            _column("sessions", N, "in the same days", "usage__sessions"),
            _column("usage_seconds", N, "in the same days; an estimate", "usage__usage_seconds"),
            _column("as_of", D, "last day of these figures", "usage__as_of"),
        ),
    ),
    WarehouseTable(
        "memberships",
        Membership,
        "person__connection",
        (
            _column("connection_id", N, "key of the connection in Usher", "person__connection_id"),
            _column("membership_gid", T, "Asana's ID of the membership", "gid"),
            _column("person_gid", T, "joins `people`, with `connection_id`", "person__gid"),
            _column("workspace_gid", T, "Asana's ID of the workspace", "workspace__gid"),
            _column("workspace", T, "its name", "workspace__name"),
            _column("role", T, "`admin`, `member` or `guest`"),
            _column("licence", T, "`member`, `guest`, `view_only` or `paused`"),
            _column("status", T, "`active` or `not_active`"),
            _column("is_seat", F, "whether it is billed, as far as Asana says"),
            _column("since", M, "Asana's date, or when it was first seen"),
            _column("until", M, "when it ended; null: it has not"),
        ),
    ),
    WarehouseTable(
        "days_of_use",
        ActiveDay,
        "connection",
        (
            _column("connection_id", N, "key of the connection in Usher"),
            _column("person_gid", T, "joins `people`, with `connection_id`", "user_gid"),
            _column("day", D, "in the time zone of the connection"),
            _column("human", N, "pieces of evidence of human use"),
            _column("automated", N, "pieces of evidence of automated use"),
            _column("sessions", N, "that began on this day"),
            _column("usage_seconds", N, "of these sessions; an estimate"),
            _column("last_human_at", M, "the last human use on this day"),
            _column("last_human_source", T, "`stream`, `audit` or `console`"),
        ),
    ),
    WarehouseTable(
        "cases",
        Case,
        "connection",
        (
            _column("case_id", N, "number of the case", "pk"),
            _column("connection_id", N, "key of the connection in Usher"),
            _column("kind", T, "`remove`, `downgrade` or `restore`"),
            _column("cause", T, "`directory`, `idle`, `released` or `hand`"),
            _column("state", T, "as in `usher cases`"),
            _column("person_gid", T, "joins `people`, with `connection_id`"),
            _column("person_name", T, "when the case was opened"),
            _column("person_email", T, "when the case was opened"),
            _column("last_day", D, "of leavers"),
            _column("reason", T, "as it was given"),
            _column("opened_by", T, "a user, a rule or a command"),
            _column("opened_at", M, ""),
            _column("asked_at", M, "when approval was requested"),
            _column("started_at", M, "when its steps began"),
            _column("finished_at", M, "when it ended"),
            _column("outcome", T, "how it ended, in words"),
        ),
    ),
)
