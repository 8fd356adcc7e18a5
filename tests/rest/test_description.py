"""What /api/v1/openapi.json says: OpenAPI 3.1 with examples that fit, and enough to make a client from."""

from typing import Any

import jsonschema
import pytest
from django.test import Client

from usher.config.api import api

pytestmark = pytest.mark.django_db

EXEMPT = {"/api/v1/cases/{number}/evidence", "/api/v1/events/raw"}  # files


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return dict(api.get_openapi_schema())


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, each) for path, some in document["paths"].items() for method, each in some.items()]


def test_it_is_openapi_3_1_and_everybody_may_read_it() -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1.")


def test_every_operation_says_what_it_does_and_what_may_go_wrong(document: dict[str, Any]) -> None:
    for path, method, each in operations(document):
        assert each.get("description") or each.get("summary"), (method, path)
        answers = {str(status) for status in each["responses"]}
        assert {"401", "403", "422", "429"} <= answers, (method, path)
        for status, answer in each["responses"].items():
            if int(status) >= 400:
                assert "application/problem+json" in answer["content"], (method, path, status)


def test_every_example_is_what_its_description_allows(document: dict[str, Any]) -> None:
    seen = 0
    for path, method, each in operations(document):
        for part in (*each["responses"].values(), each.get("requestBody", {})):
            content = part.get("content", {}).get("application/json")
            if content is None or path in EXEMPT:
                continue
            schema = {**content["schema"], "components": document["components"]}
            jsonschema.validate(content["example"], schema)
            seen += 1
            assert seen, (method, path)
    assert seen > 60


def test_every_change_can_be_sent_with_a_key(document: dict[str, Any]) -> None:
    for path, method, each in operations(document):
        names = {parameter["name"] for parameter in each.get("parameters", [])}
        assert ("Idempotency-Key" in names) == (method != "get"), (method, path)


def test_every_list_has_the_same_manner(document: dict[str, Any]) -> None:
    paged = [
        {parameter["name"] for parameter in each.get("parameters", [])}
        for _, _, each in operations(document)
        if any(parameter["name"] == "format" for parameter in each.get("parameters", []))
    ]
    assert len(paged) >= 18
    assert all({"limit", "cursor", "fields", "format"} <= names for names in paged)


def test_the_page_shows_every_operation(document: dict[str, Any]) -> None:
    from tests.support.removal.accounts import signed_in
    from usher.access.roles import UserRole

    page = signed_in(UserRole.VIEWER).get("/settings/api/").content.decode()
    for path, method, _ in operations(document):
        assert f"<strong>{method.upper()}</strong> <code>{path}</code>" in page
