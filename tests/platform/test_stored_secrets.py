"""Which stored secrets the keys of this process read."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database

from tests.support.roster.people import a_connection
from usher.connections.models import Credentials
from usher.platform.stored_secrets import stored_secrets, unreadable_secrets

pytestmark = pytest.mark.django_db


def test_secrets_of_all_columns_are_tried() -> None:
    assert list(stored_secrets()) == []
    assert unreadable_secrets() == 0
    for name in ("One", "Two"):
        Credentials.objects.create(connection=a_connection(name), access_token="a", refresh_token="r")
    assert len(list(stored_secrets())) == 4
    assert unreadable_secrets() == 0
    foreign = Fernet(Fernet.generate_key()).encrypt(b"a").decode()
    with database.cursor() as cursor:
        cursor.execute("UPDATE connections_credentials SET access_token = %s", [foreign])
    assert unreadable_secrets() == 2


def test_columns_that_an_older_version_does_not_have_yet_are_left_out() -> None:
    Credentials.objects.create(connection=a_connection(), access_token="a", refresh_token="r")
    with database.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table with checks to come can be changed
        cursor.execute("ALTER TABLE connections_credentials DROP COLUMN service_token")
        cursor.execute("DROP TABLE connections_asanaapp")
    assert len(list(stored_secrets())) == 2
