import pytest

from usher.access.models import User

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.com", "ada@example.com", PASSWORD, name="Ada Lovelace")
