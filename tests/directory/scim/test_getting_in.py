"""Who is let in, and what strangers learn."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.support.directory.identity_provider import ERROR, IdentityProvider
from usher.directory.models import Employee, Source
from usher.directory.scim import views
from usher.directory.tokens import TakesNoToken, make_token, revoke_token
from usher.ledger.actors import SYSTEM
from usher.ledger.models import Entry


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer usher_scim_wrong", "Basic YTpi", "Bearer usher_scim_\x00", "usher_scim_"],
)
@pytest.mark.parametrize("path", ["/Users", "/ServiceProviderConfig", "/nothing", ""])
def test_without_the_token_nobody_gets_in(source: Source, authorization: str, path: str) -> None:
    make_token(source, SYSTEM)
    answer = Client().get(f"/scim/v2{path or '/'}", headers={"authorization": authorization})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["schemas"] == [ERROR]


def test_a_source_without_a_token_lets_nobody_in(source: Source) -> None:
    IdentityProvider("usher_scim_")("GET", "/Users", expect=401)


def test_a_token_that_was_replaced_or_revoked_lets_nobody_in(source: Source) -> None:
    old = make_token(source, SYSTEM)
    new = make_token(source, SYSTEM)
    IdentityProvider(old)("GET", "/Users", expect=401)
    IdentityProvider(new)("GET", "/Users")
    revoke_token(source, SYSTEM)
    IdentityProvider(new)("GET", "/Users", expect=401)


def test_tokens_are_kept_as_hashes_and_their_making_in_the_ledger(source: Source) -> None:
    token = make_token(source, SYSTEM)
    make_token(source, SYSTEM)
    revoke_token(source, SYSTEM)
    revoke_token(source, SYSTEM)
    actions = list(Entry.objects.order_by("number").values_list("action", flat=True))
    assert actions == ["directory.token_made", "directory.token_replaced", "directory.token_revoked"]
    assert token not in str(list(Entry.objects.values())) + str(list(Source.objects.values()))


def test_the_token_of_a_rest_source_is_none_for_scim(db: None) -> None:
    hr = Source.objects.create(name="HR", kind=Source.Kind.API)
    IdentityProvider(make_token(hr, SYSTEM))("GET", "/Users", expect=401)


def test_a_source_of_files_has_no_token(db: None) -> None:
    with pytest.raises(TakesNoToken, match="read from CSV files"):
        make_token(Source.objects.create(name="List", kind=Source.Kind.CSV), SYSTEM)


def test_no_session_and_no_csrf_token_is_needed(token: str) -> None:
    idp = IdentityProvider(token)
    idp.http = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {token}"})
    idp.add()
    assert not idp.http.cookies


def test_what_breaks_inside_is_not_told(idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(source: Source) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(views, "handler_for", break_down)
    answer = idp("GET", "/Users", expect=500)
    assert b"secret" not in answer.content and answer.json["schemas"] == [ERROR]


def test_a_request_that_is_too_large_is_refused(idp: IdentityProvider, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = {"userName": "a", "title": "x" * 2000}
    assert idp("POST", "/Users", body, expect=413).json["status"] == "413"
    assert not Employee.objects.exists()


def test_addresses_that_do_not_exist_and_methods_that_nothing_has(idp: IdentityProvider) -> None:
    assert idp("GET", "/Nothing", expect=404).json["schemas"] == [ERROR]
    assert "GET" in idp("DELETE", "/Schemas", expect=405).headers["Allow"]
    idp("POST", "/Bulk", {}, expect=501)
    idp("GET", "/Me", expect=501)


def test_the_body_must_be_json(token: str) -> None:
    IdentityProvider(token, "text/xml")("POST", "/Users", {"userName": "a"}, expect=415)
