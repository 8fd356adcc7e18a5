import pytest
from django.test import Client

from usher.access.models import User
from usher.access.roles import UserRole


@pytest.fixture
def page(db: None, client: Client) -> Client:
    """A browser that is signed in."""
    client.force_login(
        User.objects.create_user("ada@example.com", "ada@example.com", name="Ada", role=UserRole.ADMIN)
    )
    return client
