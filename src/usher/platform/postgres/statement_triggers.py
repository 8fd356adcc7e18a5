"""Triggers that keep rows in step with the tables they are made from, in the transaction that changes those."""

from collections.abc import Mapping

from django.db.migrations import RunSQL

# As the owner: whoever is limited to connections changes what counts for people whom they do not see, too. In the
# schema of the table, which is another one while a backup is restored.
_FUNCTION = """
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $$
BEGIN
    PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', TG_TABLE_SCHEMA), true);
    {body}
    RETURN NULL;
END
$$;
"""

_ROWS = {"INSERT": "NEW TABLE AS new_rows", "DELETE": "OLD TABLE AS old_rows"}
_ROWS["UPDATE"] = f"{_ROWS['INSERT']} {_ROWS['DELETE']}"

_CHANGED = """
    IF TG_OP = 'INSERT' THEN
        {came}
    ELSIF TG_OP = 'DELETE' THEN
        {went}
    ELSE
        {differ}
    END IF;
"""


class StatementTriggers(RunSQL):
    """A migration's operation: triggers called `name`, one for each operation on each table.

    `bodies`: table → the operations that fire it, and what its function does, which may read `new_rows` and `old_rows`.
    The functions are called `function`_TABLE.
    """

    def __init__(self, name: str, function: str, bodies: Mapping[str, tuple[str, str]]) -> None:
        self.made = (name, function, bodies)
        statements = []
        for table, (operations, body) in bodies.items():
            statements.append(_FUNCTION.format(function=f"{function}_{table}", body=body))
            statements += [
                f"CREATE TRIGGER {name}_{operation.lower()} AFTER {operation} ON {table}"
                f" REFERENCING {_ROWS[operation]} FOR EACH STATEMENT EXECUTE FUNCTION {function}_{table}();"
                for operation in operations.split()
            ]
        super().__init__(
            "\n".join(statements),
            " ".join(f"DROP FUNCTION {function}_{table}() CASCADE;" for table in bodies),
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return (self.__class__.__qualname__, list(self.made), {})


def for_changed(columns: str, where: str, statement: str) -> str:
    """`statement` for the rows of which one of the columns has changed, has come or has gone.

    In it, "{rows}" stands for the query of these rows, which have those columns.
    """
    new, old = (f"SELECT {columns} FROM {rows} {where}" for rows in ("new_rows", "old_rows"))  # noqa: S608
    differing = f"({new} EXCEPT ALL {old}) UNION ALL ({old} EXCEPT ALL {new})"
    return _CHANGED.format(
        came=statement.format(rows=new),
        went=statement.format(rows=old),
        differ=statement.format(rows=differing),
    )
