from datetime import time

import pytest

from usher.connections.models import Connection
from usher.roster.models import Person


@pytest.fixture
def acme(transactional_db: None) -> Connection:
    """An account whose three people were read before. Nothing here asks Asana."""
    connection = Connection.objects.create(
        name="Acme", authorization="token", asana_user_gid="1", sync_at=time(3), time_zone="Europe/Lisbon"
    )
    Person.objects.bulk_create(
        Person(connection=connection, gid=gid, name=name, email=f"{name.split()[0].lower()}@example.com")
        for gid, name in (("11", "Ana Silva"), ("12", "Bo Chen"), ("13", "Cy Young"))
    )
    return connection
