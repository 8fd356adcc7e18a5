import pytest

from tests.support.directory.sources import a_source
from tests.support.roster.people import a_connection, a_workspace
from usher.directory.models import Source
from usher.roster.models import Workspace


@pytest.fixture
def acme(db: None) -> Workspace:
    return a_workspace(a_connection(), "Acme Inc", "example.com")


@pytest.fixture
def hr(db: None) -> Source:
    return a_source()
