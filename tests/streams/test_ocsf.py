"""Every event is valid OCSF by OCSF's own schema, says who did what, and keeps the original record."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.activity.written_events import NOON, an_event
from tests.support.streams.ocsf_schema import name_of_activity, problems_of
from usher.activity.events.event_types import KNOWN
from usher.asana import AuditLogEvent
from usher.ledger.models import Entry
from usher.streams.ocsf.asana_events import Origin, ocsf_of_event
from usher.streams.ocsf.classes import CLASSES, OTHER
from usher.streams.ocsf.ledger_entries import ocsf_of_entry, record_of_entry
from usher.streams.ocsf.mapping import asana_event_types, ledger_actions, mapped_action

ORIGIN = Origin("Acme", "4455", "Acme Inc")
NOBODY: dict[str, object] = {"actor_type": "asana"}
RESOURCES: list[dict[str, object] | None] = [
    {"resource_type": "user", "gid": "7", "name": "Bo Li", "email": "bo@acme.example"},
    {"resource_type": "team", "gid": "8"},
    None,
]


def mapped(event: AuditLogEvent) -> dict[str, Any]:
    """Through JSON and back, as a receiver has it."""
    return json.loads(msgspec.json.encode(ocsf_of_event(event, event.raw, ORIGIN)))


def test_every_event_type_that_asana_lists_is_in_the_table() -> None:
    assert set(KNOWN) == set(asana_event_types())


@pytest.mark.parametrize("event_type", sorted(asana_event_types()))
def test_each_event_type_is_valid_whoever_did_it_to_whatever(event_type: str) -> None:
    for resource in RESOURCES:
        for actor in ({"actor_type": "user", "gid": "1", "email": "a@b.example", "name": "A"}, NOBODY):
            details = {"old_value": "member", "new_value": "super_admin", "user": {"gid": "9", "name": "Kim"}}
            full = an_event(event_type=event_type, actor=actor, resource=resource, details=details)
            bare = an_event(event_type=event_type, actor=actor, resource=resource, details=None, context=None)
            for event in (full, bare):
                assert problems_of(mapped(event)) == []
                assert mapped(event)["class_uid"] != 0


@pytest.mark.parametrize("of", CLASSES.values(), ids=lambda of: of.name)
def test_activities_are_named_as_in_the_schema(of: Any) -> None:
    for number, name in of.activities.items():
        assert name_of_activity(of.uid, number) == name


def test_a_sign_in_says_who_when_from_where_and_with_what() -> None:
    context = {"context_type": "web", "client_ip_address": "198.51.100.7", "user_agent": "Firefox/140"}
    event = an_event(gid="12345", context=context, details={"method": ["SAML"]})
    found = mapped(event)
    assert (found["class_uid"], found["activity_id"], found["type_uid"]) == (3002, 1, 300201)
    assert found["time"] == round(NOON.timestamp() * 1000)
    assert found["actor"]["user"] == {
        "uid": "100",
        "name": "ana@acme.example",
        "full_name": "Ana Silva",
        "email_addr": "ana@acme.example",
        "type_id": 1,
    }
    assert found["user"] == found["actor"]["user"]
    assert found["src_endpoint"] == {"ip": "198.51.100.7"}
    assert found["http_request"] == {"user_agent": "Firefox/140"}
    assert (found["status"], found["severity"], found["auth_protocol"]) == (
        "Success",
        "Informational",
        "SAML",
    )
    assert found["metadata"]["uid"] == "12345"
    assert found["metadata"]["product"] == {"name": "Asana", "vendor_name": "Asana"}
    assert found["metadata"]["tenant_uid"] == "4455"
    assert found["raw_data"] == event.raw
    assert found["unmapped"]["connection"] == "Acme"


def test_a_refused_sign_in_is_a_failed_logon() -> None:
    found = mapped(an_event(event_type="user_login_failed"))
    assert (found["class_uid"], found["activity_id"], found["status"]) == (3002, 1, "Failure")


def test_a_new_admin_is_a_privilege_that_was_assigned() -> None:
    group = {"gid": "1", "name": "Acme", "resource_type": "workspace"}
    details = {"old_value": "member", "new_value": "super_admin", "group": group}
    found = mapped(an_event(event_type="user_workspace_admin_role_changed", details=details))
    assert (found["class_uid"], found["activity_id"], found["privileges"]) == (3005, 1, ["super_admin"])
    assert found["severity"] == "Medium"


def test_an_export_of_everything_is_read_from_a_datastore_and_severe() -> None:
    found = mapped(an_event(event_type="workspace_export_started", context=None))
    assert (found["class_uid"], found["activity_id"], found["severity"]) == (6005, 1, "High")
    assert found["src_endpoint"] == {"svc_name": "Asana"}


def test_an_event_type_that_nobody_knows_is_a_base_event_and_whole() -> None:
    event = an_event(event_type="quantum_mode_enabled", event_category="quantum", details={"new_value": 3})
    found = mapped(event)
    assert problems_of(found) == []
    assert (found["class_uid"], found["activity_id"], found["activity_name"]) == (
        0,
        OTHER,
        "quantum_mode_enabled",
    )
    assert found["unmapped"]["client_ip_address"] == "198.51.100.7"
    assert json.loads(found["raw_data"])["details"] == {"new_value": 3}


_text = st.text(max_size=20)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from([*sorted(asana_event_types()), "new_one"]),
    st.dictionaries(st.sampled_from(["actor_type", "gid", "name", "email"]), _json),
    st.dictionaries(st.sampled_from(["resource_type", "gid", "name", "email"]), _json),
    st.dictionaries(
        st.sampled_from(["client_ip_address", "user_agent", "oauth_app_name", "context_type"]), _json
    ),
    st.dictionaries(st.sampled_from(["user", "member", "group", "new_value", "method", "app_name"]), _json),
)
def test_whatever_asana_sends_is_valid(
    event_type: str, actor: Any, resource: Any, context: Any, details: Any
) -> None:
    event = an_event(event_type=event_type, actor=actor, resource=resource, context=context, details=details)
    assert problems_of(mapped(event)) == []


def an_entry(action: str, **fields: Any) -> Entry:
    return Entry(
        **{
            "number": 7,
            "at": datetime(2026, 6, 10, 12, tzinfo=UTC),
            "actor_kind": "person",
            "actor_name": "ada@example.com",
            "actor_user_id": 3,
            "via": "page",
            "action": action,
            "subject": "user 5: bob@example.com",
            "reason": "",
            "before": None,
            "after": {"role": "admin"},
            "previous_hash": "a" * 64,
            "hash": "b" * 64,
        }
        | fields
    )


@pytest.mark.parametrize("action", [*(each.replace(".*", ".other") for each in ledger_actions()), "new.one"])
def test_each_action_of_the_ledger_is_valid(action: str) -> None:
    for entry in (an_entry(action), an_entry(action, actor_kind="system", after=None, subject="", via="")):
        found = json.loads(msgspec.json.encode(ocsf_of_entry(entry, record_of_entry(entry))))
        assert problems_of(found) == []
        assert json.loads(found["raw_data"])["hash"] == "b" * 64
        assert found["metadata"]["product"]["name"] == "Usher"


def test_an_action_of_an_unknown_area_is_a_base_event() -> None:
    assert mapped_action("new.one").ocsf_class.uid == 0
    assert mapped_action("settings.invented").ocsf_class.uid == 3004
