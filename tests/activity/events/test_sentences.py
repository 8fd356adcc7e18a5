"""Every audit log event reads as a sentence, whatever Asana leaves out or puts in."""

import csv
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.paths import REFERENCE
from usher.activity.events.event_types import CATEGORIES, KNOWN
from usher.activity.events.sentences import sentence, unnamed_people
from usher.asana import AuditActor, AuditLogEvent, Context, Resource

ANA = AuditActor("user", "1204", "Ana Silva", "ana@example.com")
GRETA = Resource("user", None, "1205", "Greta Sanz", "greta@example.com")
EXAMPLE = Resource("workspace", None, "77", "Example Inc")
BAD_ENDINGS = ("of", "to", "from", "for", "with", "as", "the", "a", "an", "and", "whether")


def event(
    event_type: str | None,
    actor: AuditActor | None = ANA,
    resource: Resource | None = None,
    details: dict[str, object] | None = None,
    context: Context | None = None,
) -> AuditLogEvent:
    return AuditLogEvent(
        gid="1",
        created_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        event_type=event_type,
        actor=actor,
        resource=resource,
        details=details,
        context=context,
    )


def reads_well(said: str) -> bool:
    is_whole = re.search(r"[\w)”]$", said) is not None and said.split()[-1] not in BAD_ENDINGS
    return is_whole and not re.search(r"_|None|[{}]|  |\(\)|“”", said) and said[0].isupper()


@pytest.mark.parametrize("name", KNOWN)
def test_every_type_reads_well_with_everything_given(name: str) -> None:
    resource = Resource(KNOWN[name].resource_type or "workspace", None, "77", "Roadmap")
    is_renaming = name == "service_account_name_changed"  # names stay as people wrote them
    details: dict[str, object] = {
        "old_value": "Nightly" if is_renaming else "domain_admin",
        "new_value": "Weekly" if is_renaming else "super_admin",
        "group": {"gid": "7", "name": "Example Inc", "resource_type": "workspace"},
        "method": ["SAML"],
    }
    said = sentence(event(name, resource=resource, details=details, context=Context("web")))
    assert said.startswith("Ana Silva ")
    assert reads_well(said), said


@pytest.mark.parametrize("name", KNOWN)
def test_every_type_reads_well_with_nothing_given(name: str) -> None:
    said = sentence(event(name, actor=None))
    assert said.startswith("Someone ")
    assert reads_well(said), said


def test_no_two_types_share_a_title_and_all_have_a_category_that_is_known_or_none() -> None:
    titles = [known.title for known in KNOWN.values()]
    assert len(set(titles)) == len(titles)
    assert {known.category for known in KNOWN.values()} == {*CATEGORIES, None}


def test_every_type_of_the_reference_list_is_known_with_its_category_and_resource() -> None:
    folder = REFERENCE
    listed = folder / "audit-log-event-types.csv"
    if not listed.exists():
        pytest.skip("the list of event types is not here: set ASANA_REFERENCE to its folder")
    with listed.open(encoding="utf-8", newline="") as lines:
        expected = {
            row["event_type"]: (row["category"] or None, row["resource_type"] or None)
            for row in csv.DictReader(lines)
        }
    assert {known.name: (known.category, known.resource_type) for known in KNOWN.values()} == expected


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (
            event("workspace_members_export_started", resource=EXAMPLE),
            "Ana Silva exported the members of Example Inc",
        ),
        (
            event(
                "user_login_succeeded", resource=Resource("user", None, "1204"), details={"method": ["SAML"]}
            ),
            "Ana Silva signed in with SAML",
        ),
        (
            event("user_login_failed", actor=AuditActor("anonymous"), resource=GRETA),
            "Someone who is not signed in tried to sign in as Greta Sanz and failed",
        ),
        (
            event(
                "user_workspace_admin_role_changed",
                resource=GRETA,
                details={
                    "old_value": "member",
                    "new_value": "super_admin",
                    "group": {"gid": "77", "name": "Example Inc"},
                },
            ),
            "Ana Silva changed Greta Sanz's role in Example Inc from “member” to “super admin”",
        ),
        (
            event("user_password_changed", resource=Resource("user", None, "1204", "Ana Silva")),
            "Ana Silva changed their own password",
        ),
        (
            event("user_invited", resource=Resource("user", None, "1204", "Ana Silva")),
            "Ana Silva joined",
        ),
        (
            event("user_deprovisioned", actor=AuditActor("asana"), resource=GRETA),
            "Asana removed Greta Sanz from the organization",
        ),
        (
            event("task_permanently_deleted", resource=Resource("task", None, "9", "Budget")),
            "Ana Silva deleted the task “Budget” for good",
        ),
        (
            event("team_member_added", resource=GRETA, details={"group": {"name": "Sales"}}),
            "Ana Silva added Greta Sanz to the team “Sales”",
        ),
        (
            event("team_member_removed", resource=Resource("team", None, "5", "Sales")),
            "Ana Silva removed somebody from the team “Sales”",
        ),
        (
            event(
                "user_app_authorized",
                resource=Resource("user", None, "1204"),
                context=Context("api", "oauth", oauth_app_name="Zapier"),
            ),
            "Ana Silva gave the app “Zapier” access to their own account",
        ),
        (
            event(
                "service_account_name_changed",
                resource=Resource("user", None, "8", "nightly_export"),
                details={"old_value": "my_export", "new_value": "nightly_export"},
            ),
            "Ana Silva renamed the service account “nightly_export” from “my_export” to “nightly_export”",
        ),
    ],
)
def test_what_is_said(happened: AuditLogEvent, said: str) -> None:
    assert sentence(happened) == said


@pytest.mark.parametrize(
    ("actor", "called"),
    [
        (None, "Someone"),
        (AuditActor(), "Someone"),
        (AuditActor("asana"), "Asana"),
        (AuditActor("asana_support"), "Asana support"),
        (AuditActor("external_administrator"), "An external administrator"),
        (AuditActor("anonymous"), "Someone who is not signed in"),
        (AuditActor("user", "9"), "A deleted account"),
        (AuditActor("user", "9", "", "ana@example.com"), "ana@example.com"),
        (AuditActor("agent", "9", "Helper"), "Helper"),
    ],
)
def test_how_the_actor_is_called(actor: AuditActor | None, called: str) -> None:
    assert sentence(event("team_created", actor)) == f"{called} created a team"


@pytest.mark.parametrize(
    ("context", "means"),
    [
        (Context("web"), ""),
        (Context("api", "cookie"), ""),
        (Context("api", "personal_access_token"), " (with a personal access token)"),
        (Context("api", "service_account"), " (with a service account)"),
        (Context("api", "oauth"), " (through an app)"),
        (Context("api", "oauth", oauth_app_name="Zapier"), " (through the app “Zapier”)"),
        (Context("web", rule_name="Tidy up"), " (by the rule “Tidy up”)"),
        (Context("asana_support", on_behalf_of_user_id=1204), " (on behalf of the person with ID 1204)"),
    ],
)
def test_by_which_means_something_was_done(context: Context, means: str) -> None:
    assert sentence(event("team_created", context=context)) == f"Ana Silva created a team{means}"


NAMES = {"1204": "Ana Silva", "1205": "Greta Sanz"}


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (event("team_created", AuditActor("user", "1204")), "Ana Silva created a team"),
        (event("team_created", AuditActor(None, "1204", "")), "Ana Silva created a team"),
        (event("team_created", AuditActor("user", "9")), "A deleted account created a team"),
        (
            event("user_password_reset", resource=Resource("user", None, "1205")),
            "Ana Silva reset Greta Sanz's password",
        ),
        (
            event("team_created", context=Context("asana_support", on_behalf_of_user_id=1205)),
            "Ana Silva created a team (on behalf of Greta Sanz)",
        ),
        (
            event("team_created", context=Context("asana_support", on_behalf_of_user_id="9")),
            "Ana Silva created a team (on behalf of the person with ID 9)",
        ),
        (
            event(
                "team_member_added", resource=Resource("team", None, "5"), details={"user": {"gid": "1205"}}
            ),
            "Ana Silva added Greta Sanz to a team",
        ),
    ],
)
def test_who_is_known_is_called_by_name_where_the_event_does_not_name_them(
    happened: AuditLogEvent, said: str
) -> None:
    assert sentence(happened, NAMES) == said
    assert unnamed_people(happened) - {"9"} <= set(NAMES), "only people are looked up"


@pytest.mark.parametrize(
    ("event_type", "said"),
    [
        ("workspace_ip_allowlist_enabled", "Ana Silva enabled “workspace IP allowlist” on Example Inc"),
        ("goal_archived", "Ana Silva archived “goal” on Example Inc"),
        ("mystery", "Ana Silva did “mystery” on Example Inc"),
        ("", "Ana Silva did something that Asana doesn't name"),
        (None, "Ana Silva did something that Asana doesn't name"),
    ],
)
def test_a_type_that_nobody_knew_is_said_by_its_name(event_type: str | None, said: str) -> None:
    assert sentence(event(event_type, resource=EXAMPLE)) == said


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
odd_details = st.dictionaries(
    st.sampled_from(["old_value", "new_value", "group", "method", "user", "member", "app_name"]) | st.text(),
    json_values,
)
texts = st.none() | st.text()


@given(
    event_type=st.sampled_from([*KNOWN, None]) | st.text(),
    actor=st.none() | st.builds(AuditActor, texts, texts, texts, texts),
    resource=st.none() | st.builds(Resource, texts, texts, texts, texts, texts),
    details=st.none() | odd_details,
    context=st.none() | st.builds(Context, texts, texts, texts, texts, texts, texts, texts | st.integers()),
)
def test_no_event_is_so_odd_that_it_has_no_sentence(
    event_type: str | None,
    actor: AuditActor | None,
    resource: Resource | None,
    details: dict[str, object] | None,
    context: Context | None,
) -> None:
    said = sentence(event(event_type, actor, resource, details, context))
    assert said.strip() == said != ""
    assert said.isprintable()


@given(st.sampled_from(list(KNOWN)), odd_details)
def test_details_of_any_kind_leave_a_known_type_a_sentence_on_one_line(
    name: str, details: dict[str, object]
) -> None:
    said = sentence(event(name, resource=EXAMPLE, details=details))
    assert said.startswith("Ana Silva ")
    assert said.isprintable()
    assert len(said) < 1_000


def test_ways_to_sign_in_are_said_in_plain_words() -> None:
    event = AuditLogEvent(
        gid="1",
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        event_type="user_login_succeeded",
        actor=AuditActor(actor_type="user", gid="5", name="Ana Silva"),
        details={"method": ["PASSWORD", "TWO_FACTOR"]},
    )
    assert sentence(event) == "Ana Silva signed in with a password and a second factor"
