"""Two who change different settings of a connection at the same time both do."""

import pytest

from usher.connections.connecting.change import change
from usher.connections.connecting.settings import CannotConnect, ConnectionSettings
from usher.connections.disconnect import disconnect
from usher.connections.models import Connection, Mode
from usher.ledger.actors import SYSTEM
from usher.sandbox import RunningSandbox


def change_of(connection: Connection, name: str, mode: Mode) -> None:
    settings = ConnectionSettings(name, mode, reconnects=connection)
    change(connection, settings, SYSTEM, keep_service_token=True)


def test_what_another_changed_meanwhile_stays(connection: Connection, sandbox: RunningSandbox) -> None:
    as_read_by_another = Connection.objects.get(pk=connection.pk)
    change_of(connection, "Acme", Mode.ACT)
    change_of(as_read_by_another, "Acme Ltd", Mode.READ)
    stored = Connection.objects.get(pk=connection.pk)
    assert (stored.name, stored.mode) == ("Acme Ltd", Mode.ACT)


def test_what_was_disconnected_meanwhile_is_not_changed(
    connection: Connection, sandbox: RunningSandbox
) -> None:
    as_read_by_another = Connection.objects.get(pk=connection.pk)
    disconnect(connection, SYSTEM, delete_data=False)
    with pytest.raises(CannotConnect, match="was disconnected meanwhile"):
        change_of(as_read_by_another, "Acme Ltd", Mode.ACT)
