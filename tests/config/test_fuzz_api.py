"""The REST API answers what its description says, whatever is sent. The long run: `python -m benchmarks.fuzz`."""

import pytest
from pytest_django import Settings
from schemathesis import GenerationMode

from tests.support.fuzz.api import description, send
from tests.support.fuzz.running import fuzz
from usher.access.models import User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.directory.models import Source
from usher.directory.tokens import make_token as make_directory_token
from usher.ledger.actors import SYSTEM


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("role", UserRole)
def test_no_request_is_answered_otherwise_than_described(
    db: None, settings: Settings, role: UserRole, mode: GenerationMode
) -> None:
    """`POSITIVE`: requests that the description allows. `NEGATIVE`: requests that it does not."""
    settings.USHER_ASANA_URL = (
        "http://127.0.0.1:9"  # nobody there: a request to connect must not leave this machine
    )
    user = User.objects.create_user("ada@example.com", role=role)
    personal = make_token(user, "fuzz", SYSTEM)
    directory = make_directory_token(Source.objects.create(name="HR", kind=Source.Kind.API), SYSTEM)
    fuzz(description().as_strategy(mode), 40, lambda case: send(case, personal, directory))
