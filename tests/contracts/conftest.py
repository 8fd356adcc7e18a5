import pytest
from django.test import Client

from tests.support.removal.accounts import signed_in
from usher.access.roles import UserRole


@pytest.fixture
def admin(db: None) -> Client:
    return signed_in(UserRole.ADMIN)
