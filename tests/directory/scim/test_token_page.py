import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.support.directory.identity_provider import IdentityProvider
from usher.access.models import User
from usher.directory.models import Source


@pytest.fixture
def admin(db: None) -> Client:
    user = User.objects.create_user("root@example.com", "root@example.com", "x", role="admin")
    client = Client()
    client.force_login(user)
    return client


def test_a_token_is_shown_once_and_works_until_it_is_revoked(admin: Client, source: Source) -> None:
    address = reverse("directory:token", args=[source.pk])
    page = admin.post(address)
    found = re.search(r'<code id="token">(usher_scim_[\w-]{40,})</code>', page.content.decode())
    assert found and "/scim/v2" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    IdentityProvider(found[1])("GET", "/Users")
    home = admin.get(reverse("directory:source", args=[source.pk])).content.decode()
    assert found[1] not in home and "Replace token" in home
    admin.post(address, {"revoke": "1"})
    IdentityProvider(found[1])("GET", "/Users", expect=401)


@pytest.mark.parametrize("role", ["viewer", "operator", "approver"])
def test_only_an_admin_makes_tokens(source: Source, role: str) -> None:
    client = Client()
    client.force_login(User.objects.create_user("op@example.com", "op@example.com", "x", role=role))
    assert client.post(reverse("directory:token", args=[source.pk])).status_code == 403
    source.refresh_from_db()
    assert source.token_hash == ""
    page = client.get(reverse("directory:source", args=[source.pk])).content.decode()
    assert "Create token" not in page


def test_a_source_of_files_has_no_token_page(admin: Client) -> None:
    source = Source.objects.create(name="List", kind=Source.Kind.CSV)
    assert admin.post(reverse("directory:token", args=[source.pk])).status_code == 404
