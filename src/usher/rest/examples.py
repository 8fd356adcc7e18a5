"""Examples of what is answered, made from the description: the same invented company in all of them."""

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]

BY_NAME: dict[str, object] = {
    "id": 4711,
    "number": 4711,
    "person": 4711,
    "employee": 815,
    "case": 17,
    "connection": "Acme",
    "account": "Acme",
    "gid": "1299000000000001",
    "workspace_gid": "1299000000000002",
    "workspace_gids": ["1299000000000002"],
    "workspace": "Acme",
    "name": "Zoë Young",
    "email": "zoe.young@example.com",
    "domain": "example.com",
    "role": "member",
    "licence": "member",
    "status": "active",
    "state": "waiting",
    "kind": "remove",
    "cause": "directory",
    "confidence": "high",
    "reason": "Left the company on 27 November",
    "remedy": "Another approver or admin must approve it.",
    "currency": "EUR",
    "amount": "1234.50",
    "price": "24.99",
    "period": "month",
    "valid_from": "2026-03-01",
    "ladder": "2, 3, 4, 5, by 5 to 30, by 10",
    "plan": "Advanced",
    "seats": 200,
    "term_months": 12,
    "notice_days": 30,
    "rank": 1,
    "saves_a_year": "5400.00",
    "department": "Finance",
    "source": "HR system",
    "opened_by": "olga@example.com",
    "asked_by": "olga@example.com",
    "approved_by": ["bob@example.com"],
    "by": "ada@example.com",
    "category": "logins",
    "event_type": "user_login_succeeded",
    "what": "Zoë Young logged in",
    "ip_address": "198.51.100.7",
    "token": "2/1299000000000003/1299000000000004:0123456789abcdef",
    "service_token": "2/1299000000000005/1299000000000006:0123456789abcdef",
    "sync_at": "03:15",
    "time_zone": "Europe/Berlin",
    "holiday_calendar": "DE-BY",
    "alias": "example.co.uk",
    "absence": "ask",
    "answer": "left",
    "why": "The department was closed",
    "file_name": "employees.csv",
    "next": None,
}
MOMENTS = ("_at", "since", "until", "last_used", "automated_last_used")
DAYS = ("_on", "day", "last_day", "as_of", "counts_from")


def example_of(schema: Document, components: Document, name: str = "") -> object:
    """Of a schema, or of the field called `name`."""
    if "$ref" in schema:
        return example_of(components[str(schema["$ref"]).rpartition("/")[2]], components, name)
    if "example" in schema:
        return schema["example"]
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if kinds:
        return example_of(kinds[0], components, name)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        return {field: example_of(part, components, field) for field, part in fields.items()}
    if kind == "array":
        known = BY_NAME.get(name)
        return known if isinstance(known, list) else [example_of(schema.get("items", {}), components)]
    return _simple(kind, name)


def _simple(kind: object, name: str) -> object:
    known = BY_NAME.get(name)
    match kind:
        case "string":
            if isinstance(known, str):
                return known
            if name.endswith(MOMENTS):
                return "2026-11-30T06:10:00.000Z"
            return "2026-11-30" if name.endswith(DAYS) else "text"
        case "integer":
            return known if isinstance(known, int) else 3
        case "number":
            return 12.5
        case "boolean":
            return True
        case _:
            return known


def add_examples(document: dict[str, Any]) -> None:
    """To every answer in JSON that has none, and to every body."""
    components = document["components"]["schemas"]
    for operations in document["paths"].values():
        for operation in operations.values():
            for part in (*operation["responses"].values(), operation.get("requestBody", {})):
                content = part.get("content", {}).get("application/json")
                if content and "schema" in content:
                    content.setdefault("example", example_of(content["schema"], components))
