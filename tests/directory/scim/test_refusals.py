"""Refused requests are kept and seen, and a refused change of who works here is a warning until it is settled."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.support.directory.identity_provider import USER, IdentityProvider
from usher.access.models import User
from usher.directory.doctor import directory_findings
from usher.directory.models import Employee, ScimRefusal, Source
from usher.directory.scim import views
from usher.directory.scim.refusals import KEPT, unsettled, without_secrets
from usher.insights.attention import attention_items


@pytest.fixture
def greta(idp: IdentityProvider) -> dict[str, str]:
    return idp.add("greta@example.com", displayName="Greta Sanz")


def refused_deactivation(idp: IdentityProvider, greta: dict[str, str]) -> ScimRefusal:
    body = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
    idp("PATCH", f"/Users/{greta['id']}", body, expect=412, If_Match='W/"old"')
    return ScimRefusal.objects.get()


def test_a_refused_deactivation_is_kept_with_the_name_of_the_person(
    idp: IdentityProvider, greta: dict[str, str]
) -> None:
    kept = refused_deactivation(idp, greta)
    assert (kept.method, kept.path, kept.status) == ("PATCH", f"/Users/{greta['id']}", 412)
    assert (kept.person_name, kept.employee, kept.is_about_active) == (
        "Greta Sanz",
        Employee.objects.get(),
        True,
    )
    assert json.loads(kept.request)["Operations"][0]["value"] is False


def test_a_warning_ends_when_a_later_request_counts(idp: IdentityProvider, greta: dict[str, str]) -> None:
    kept = refused_deactivation(idp, greta)
    assert unsettled(timezone.now()) == [kept]
    idp.patch(greta, {"op": "replace", "path": "active", "value": False})
    assert unsettled(timezone.now()) == []
    idp.patch(greta, {"op": "replace", "path": "active", "value": True})
    assert unsettled(timezone.now()) == []


def test_a_warning_ends_after_a_week(idp: IdentityProvider, greta: dict[str, str]) -> None:
    refused_deactivation(idp, greta)
    assert unsettled(timezone.now() + timedelta(days=8)) == []


def test_a_change_that_is_not_about_who_works_here_is_no_warning(
    idp: IdentityProvider, greta: dict[str, str]
) -> None:
    body = {"Operations": [{"op": "replace", "path": "title", "value": "Buyer"}]}
    idp("PATCH", f"/Users/{greta['id']}", body, expect=412, If_Match='W/"old"')
    assert ScimRefusal.objects.get().is_about_active is False
    assert unsettled(timezone.now()) == []


def test_somebody_posted_again_is_refused_and_no_warning(
    idp: IdentityProvider, greta: dict[str, str]
) -> None:
    body = {"schemas": [USER], "userName": "greta@example.com", "active": True}
    idp("POST", "/Users", body, expect=409)
    assert ScimRefusal.objects.get().employee == Employee.objects.get()
    assert unsettled(timezone.now()) == []


def test_somebody_posted_as_off_who_is_here_is_a_warning(
    idp: IdentityProvider, greta: dict[str, str]
) -> None:
    idp("POST", "/Users", {"userName": "greta@example.com", "active": False}, expect=409)
    assert [each.person_name for each in unsettled(timezone.now())] == ["Greta Sanz"]


def test_a_value_of_active_that_cannot_be_read_is_a_warning_although_the_rest_counts(
    idp: IdentityProvider, greta: dict[str, str]
) -> None:
    idp.patch(greta, {"op": "replace", "value": {"active": "perhaps", "title": "Buyer"}})
    kept = ScimRefusal.objects.get()
    assert (kept.status, kept.person_name) == (200, "Greta Sanz")
    assert "cannot read" in kept.reason
    assert unsettled(timezone.now()) == [kept]


def test_a_late_delete_of_somebody_deleted_is_no_warning(
    idp: IdentityProvider, greta: dict[str, str]
) -> None:
    idp("DELETE", f"/Users/{greta['id']}", expect=204)
    idp("DELETE", f"/Users/{greta['id']}", expect=404)
    assert ScimRefusal.objects.count() == 1
    assert unsettled(timezone.now()) == []


def test_looking_for_somebody_who_is_not_there_is_no_refusal(idp: IdentityProvider) -> None:
    idp("GET", "/Users/17", expect=404)
    assert not ScimRefusal.objects.exists()
    idp("GET", "/Users?filter=nonsense", expect=400)
    assert ScimRefusal.objects.get().path == "/Users"


def test_what_breaks_inside_is_kept_too(
    idp: IdentityProvider, greta: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(source: Source) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(views, "handler_for", break_down)
    idp("DELETE", f"/Users/{greta['id']}", expect=500)
    (kept,) = unsettled(timezone.now())
    assert kept.person_name == "Greta Sanz" and "inside" not in kept.reason


@pytest.mark.parametrize("body", [b"{not json", b"[1]", b'"text"', b"", b"\xff"])
def test_a_body_that_is_no_object_is_refused_in_plain_words(idp: IdentityProvider, body: bytes) -> None:
    answer = idp.http.generic("POST", "/scim/v2/Users", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["scimType"] == "invalidSyntax"
    assert ScimRefusal.objects.get().reason == answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/Users", {}, 400),
        ("POST", "/Users", {"userName": "x" * 400}, 400),
        ("POST", "/Groups", {"displayName": [1]}, 400),
        ("POST", "/Groups", {}, 400),
        ("PATCH", "/Users/99", {"Operations": [{"op": "replace", "path": "active", "value": False}]}, 404),
        ("GET", "/Users?filter=shoe%20xx%201", None, 400),
        ("GET", "/Users?attributes=a%20b", None, 400),
        ("POST", "/Users/.search", {"schemas": 1, "count": "x"}, 400),
        ("PUT", "/Schemas", {}, 405),
    ],
)
def test_refusals_are_in_our_own_words(
    idp: IdentityProvider, method: str, path: str, body: object, status: int
) -> None:
    detail = idp(method, path, body, expect=status).json["detail"]
    assert detail.endswith(".")
    for technical in ("http", "pydantic", "validation error", "Input should", "type=", "Exception"):
        assert technical not in detail


def test_passwords_and_tokens_are_not_kept(idp: IdentityProvider, greta: dict[str, str]) -> None:
    body = {
        "password": "hunter2",
        "urn:acme:2.0:User": {"apiToken": "hunter2", "list": [{"clientSecret": "hunter2"}]},
        "Operations": [{"op": "replace", "path": "password", "value": "hunter2"}],
        "active": False,
    }
    idp("PATCH", f"/Users/{greta['id']}", body, expect=412, If_Match='W/"old"')
    assert "hunter2" not in ScimRefusal.objects.get().request
    broken = b'{"password": "hunter2", "token":"hunter2\\"hunter2", "secret": hunter2, "userName": "greta'
    assert "hunter2" not in without_secrets(broken) and "greta" in without_secrets(broken)


def test_the_body_is_cut_and_the_last_hundred_are_kept(idp: IdentityProvider, source: Source) -> None:
    ScimRefusal.objects.bulk_create(
        ScimRefusal(source=source, method="GET", path=str(number), status=400, reason="-")
        for number in range(KEPT + 5)
    )
    idp("POST", "/Users", {"title": "x" * 9_000}, expect=400)
    kept = list(ScimRefusal.objects.all())
    assert len(kept) == KEPT
    assert len(kept[0].request) == 4_000
    assert kept[-1].path == "6"


def test_the_page_of_the_source_the_dashboard_and_doctor_show_them(
    idp: IdentityProvider, greta: dict[str, str], source: Source
) -> None:
    user = User.objects.create_user("ada@example.com", "ada@example.com", "x", role="viewer")
    client = Client()
    client.force_login(user)
    address = reverse("directory:source", args=[source.pk])
    assert "No refused requests" in client.get(address).content.decode()
    assert [each.outcome for each in directory_findings()] == ["passed"]
    refused_deactivation(idp, greta)
    page = client.get(address).content.decode()
    assert "Would have changed who works here" in page and "Greta Sanz" in page
    home = client.get(reverse("directory:home")).content.decode()
    assert "Okta: requests about who works here were refused" in home
    (item,) = attention_items(user, [], None, None, [])
    assert (item.key, item.count, item.detail) == ("refused_changes", 1, "Greta Sanz")
    assert item.url == f"{address}#refusals"
    (finding,) = directory_findings()
    assert finding.outcome == "warned" and "Greta Sanz" in finding.detail
    idp.patch(greta, {"op": "replace", "path": "active", "value": False})
    page = client.get(address).content.decode()
    assert "Would have changed who works here" not in page and "Greta Sanz" in page
    assert attention_items(user, [], None, None, []) == []


def test_refusals_are_shown_in_pages(source: Source, client: Client) -> None:
    client.force_login(User.objects.create_user("ada@example.com", "ada@example.com", "x", role="viewer"))
    ScimRefusal.objects.bulk_create(
        ScimRefusal(source=source, method="GET", path=f"/Users/{number}", status=400, reason="-")
        for number in range(30)
    )
    address = reverse("directory:source", args=[source.pk])
    first, second = (client.get(f"{address}?page={number}").content.decode() for number in (1, 2))
    assert "/Users/29" in first and "/Users/9<" not in first
    assert "/Users/9<" in second and "Page 2 of 2" in second
