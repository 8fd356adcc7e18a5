"""No table that has something of a connection is without row security."""

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

from usher.platform.postgres.row_security import LimitRows

ROOTS = {"connections.Connection", "directory.Source", "ledger.Entry", "access.User"}
"""What is limited by itself. What refers to a user alone, such as a session, is not of a connection."""


def limited_tables() -> set[str]:
    """As the migrations say."""
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations.values()
    return {
        operation.limited[0]
        for migration in migrations
        for operation in migration.operations
        if isinstance(operation, LimitRows)
    }


def has_connection(model: type[Model], passed: frozenset[type[Model]] = frozenset()) -> bool:
    """Whether a foreign key, followed any number of times, or a column leads to a connection or a source."""
    if model._meta.label in ROOTS - {"access.User"}:
        return True
    names = {field.name for field in model._meta.get_fields()}
    if names & {"connection", "connection_id", "workspace_id", "person_gid", "user_gid"}:
        return True
    parents = {
        field.related_model
        for field in model._meta.get_fields()
        if (field.many_to_one or field.one_to_one) and field.concrete
    }
    return any(
        has_connection(parent, passed | {model})
        for parent in parents - passed - {model}
        if isinstance(parent, type) and parent._meta.label != "access.User"
    )


def test_every_table_that_leads_to_a_connection_is_limited() -> None:
    models = apps.get_models(include_auto_created=True)
    of_connections = {model._meta.db_table for model in models if has_connection(model)}
    assert {"connections_connection", "removal_call", "activity_auditevent"} <= of_connections
    assert not of_connections - limited_tables()


def test_what_is_limited_exists() -> None:
    assert limited_tables() <= {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
