"""Whether the database has the tables of this version, and making them."""

from importlib.util import find_spec
from pkgutil import iter_modules

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from usher.cli.errors import Failed
from usher.platform.locks import Lock, lock_session


def bring_tables_up_to_date(*, always: bool) -> None:
    """Also tables that hold data, if `always`. Raises Failed where only `usher migrate` may change them."""
    if are_all_applied():
        return
    # Here, since they import every migration and Django's commands, and there is nearly always nothing to do.
    from django.core.management import call_command
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    if not always and executor.loader.applied_migrations:
        raise Failed("The database has the tables of another version of Usher.", "Run: usher migrate")
    with lock_session(Lock.MIGRATIONS.whole):
        call_command("migrate", verbosity=0, interactive=False)


def are_all_applied() -> bool:
    """Whether the database has a note of every migration of this version, by their names alone.

    Where it has not, Django still decides: a migration may stand for others.
    """
    return migrations_of_this_version() <= MigrationRecorder(connection).applied_migrations().keys()


def migrations_of_this_version() -> set[tuple[str, str]]:
    """The app's label and the name of each. Imports none of them."""
    found = set()
    for app in apps.get_app_configs():
        package = find_spec(f"{app.name}.migrations")
        for module in iter_modules(package.submodule_search_locations if package else []):
            if not module.ispkg and module.name[0] not in "_~":  # as Django's loader
                found.add((app.label, module.name))
    return found
