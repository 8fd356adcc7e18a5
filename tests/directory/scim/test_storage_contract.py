"""The rules that scim2-server sets for whoever keeps its resources."""

import pytest
from scim2_models import ScimProvider
from scim2_server.testing import ScimStorageContract

from usher.directory.models import Source
from usher.directory.scim.schema import PROVIDER
from usher.directory.scim.storage import SourceStorage


@pytest.mark.django_db
class TestEmployeesOfASource(ScimStorageContract):
    @pytest.fixture
    def provider(self) -> ScimProvider:
        return PROVIDER

    @pytest.fixture
    def storage(self, db: None) -> SourceStorage:
        return SourceStorage(Source.objects.create(name="Okta", kind=Source.Kind.SCIM))
