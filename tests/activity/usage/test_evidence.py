"""What counts as use by a person, and what does not."""

import pytest

from tests.support.activity.written_events import an_event
from usher.activity.models import Use
from usher.activity.usage.evidence import use_of

ANA = {"actor_type": "user", "gid": "100", "name": "Ana Silva"}


@pytest.mark.parametrize(
    ("fields", "use"),
    [
        ({}, Use.HUMAN),
        ({"context": None}, Use.HUMAN),
        ({"context": {"context_type": "api", "api_authentication_method": "cookie"}}, Use.HUMAN),
        ({"context": {"context_type": "mobile", "api_authentication_method": "oauth"}}, Use.HUMAN),
        ({"context": {"context_type": "of_tomorrow"}}, Use.HUMAN),
        ({"context": {"context_type": "api", "api_authentication_method": "oauth"}}, Use.AUTOMATED),
        ({"context": {"context_type": "api", "api_authentication_method": "service_account"}}, Use.AUTOMATED),
        ({"context": {"context_type": None, "api_authentication_method": "service_account"}}, Use.AUTOMATED),
        ({"context": {"api_authentication_method": "personal_access_token"}}, Use.AUTOMATED),
        ({"context": {"context_type": "web", "api_authentication_method": "service_account"}}, Use.AUTOMATED),
        ({"context": {"context_type": "web", "rule_name": "Tidy up"}}, Use.AUTOMATED),
        ({"context": {"context_type": "asana_support", "on_behalf_of_user_id": 100}}, Use.NONE),
        ({"event_type": "user_login_failed"}, Use.NONE),
        ({"actor": None}, Use.NONE),
        ({"actor": {"actor_type": "user", "gid": None, "name": "Ana Silva"}}, Use.NONE),
        ({"actor": {**ANA, "actor_type": None}}, Use.NONE),
        ({"actor": {**ANA, "actor_type": "agent"}}, Use.NONE),
        ({"actor": {**ANA, "actor_type": "service_account", "resource_type": "user"}}, Use.NONE),
    ],
)
def test_only_what_a_user_did_is_use(fields: dict[str, object], use: Use) -> None:
    assert use_of(an_event(**fields)) == use
