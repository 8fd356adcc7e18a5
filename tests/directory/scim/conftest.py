import pytest

from tests.support.directory.identity_provider import IdentityProvider
from usher.directory.models import Source
from usher.directory.tokens import make_token
from usher.ledger.actors import SYSTEM


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(name="Okta", kind=Source.Kind.SCIM)


@pytest.fixture
def token(source: Source) -> str:
    return make_token(source, SYSTEM)


@pytest.fixture
def idp(token: str) -> IdentityProvider:
    return IdentityProvider(token)
