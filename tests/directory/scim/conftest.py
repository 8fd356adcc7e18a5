from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from usher.directory.models import Source
from usher.directory.tokens import make_token
from usher.ledger.actors import SYSTEM

Call = Callable[..., Any]

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
def source(transactional_db: None) -> Source:
    return Source.objects.create(name="Okta", kind=Source.Kind.SCIM)


@pytest.fixture
def token(source: Source) -> str:
    return make_token(source, SYSTEM)
