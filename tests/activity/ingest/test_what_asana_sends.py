"""Whatever shape an event has: what can be kept is kept, and nothing keeps the others from being read."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from tests.support.activity.small_log import SmallLog, make_organization, poll, read_log, text
from usher.activity.events.search import read_event
from usher.activity.events.sentences import sentence
from usher.activity.models import AuditEvent, StreamEvent, Use
from usher.activity.usage.evidence import use_of
from usher.asana import AuditLogEvent

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
THEN = NOW - timedelta(hours=2)


def answered(small: SmallLog, events: list[bytes]) -> None:
    """The log holds these bytes; the end of the log is an empty page, as ever."""

    def answer(seen):
        is_here = seen.query["start_at"] <= text(THEN) < seen.query["end_at"]
        page = b",".join(events) if is_here and "offset" not in seen.query else b""
        return Response(
            b'{"data":[' + page + b'],"next_page":{"offset":"more"}}', media_type="application/json"
        )

    small.server.always = answer


def test_the_raw_record_is_asanas_byte_by_byte(small: SmallLog) -> None:
    event = (
        b'{ "created_at":"'
        + text(THEN).encode()
        + b'",\t"gid":"1",  "n":1.0e2,"\\u00e9":"\xc3\xa9 \\u00e9 \\/",'
        b'"details":{"z":1,"a":[null , true]},"gid_of_old":12345678901234567890123 }'
    )
    answered(small, [event])
    read_log(small, make_organization(), NOW)
    assert AuditEvent.objects.get().raw.encode() == event


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("actor", 7),
        ("actor", {"actor_type": "user", "gid": ["1204"]}),
        ("resource", ["task"]),
        ("details", "none"),
        ("context", {"context_type": {"of": "tomorrow"}}),
        ("event_type", 12),
        ("event_category", ["logins"]),
    ],
)
def test_a_part_of_another_shape_is_missing_and_the_rest_and_the_raw_record_are_there(
    small: SmallLog, part: str, value: object
) -> None:
    workspace = make_organization()
    small.add(THEN, **{part: value})
    small.add(THEN)
    assert read_log(small, workspace, NOW) == 2
    odd, plain = AuditEvent.objects.order_by("gid")
    assert json.loads(odd.raw)[part] == value
    assert plain.use == Use.HUMAN
    assert (odd.use == Use.HUMAN) == (part != "actor")
    assert read_event(odd).gid == odd.gid


def test_ids_may_be_numbers(small: SmallLog) -> None:
    workspace = make_organization()
    small.add(
        THEN, gid=77, actor={"actor_type": "user", "gid": 1204}, resource={"resource_type": "user", "gid": 5}
    )
    read_log(small, workspace, NOW)
    event = AuditEvent.objects.get()
    assert (event.gid, event.actor_gid, event.resource_gid, event.use) == ("77", "1204", "5", Use.HUMAN)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "actor_type",
    "gid",
    "name",
    "email",
    "resource_type",
    "context_type",
    "rule_name",
    "on_behalf_of_user_id",
]
FIELDS += ["api_authentication_method", "client_ip_address", "oauth_app_name"]
odd_parts = json_values | st.dictionaries(
    st.sampled_from(FIELDS), json_values | st.sampled_from(["user", "web"])
)


@given(
    st.dictionaries(
        st.sampled_from(["event_type", "event_category", "actor", "resource", "details", "context", "new"]),
        odd_parts,
    ),
    st.text(min_size=1) | st.integers(),
)
def test_an_event_with_an_id_and_a_time_is_read_whatever_its_parts_are(
    parts: dict[str, object], gid: object
) -> None:
    given = json.dumps({"gid": gid, "created_at": text(THEN), **parts})
    event = AuditLogEvent.from_json(msgspec.Raw(given.encode()))
    assert (event.gid, event.created_at, event.raw) == (str(gid), THEN, given)
    said = sentence(event)
    assert said.isprintable()
    assert said.strip() == said != ""
    actor = parts.get("actor")
    assert use_of(event) == Use.NONE or (isinstance(actor, dict) and actor["actor_type"] == "user")


@pytest.mark.parametrize("event", [b"7", b"{}", b'{"gid":"9"}', b'{"gid":null,"created_at":"yesterday"}'])
def test_what_has_no_gid_or_no_time_is_left_out_and_the_log_goes_on(small: SmallLog, event: bytes) -> None:
    good = f'{{"gid":"1","created_at":"{text(THEN)}"}}'.encode()
    answered(small, [event, good, event])
    assert read_log(small, make_organization(), NOW) == 1


def test_a_whole_page_of_what_is_no_event_is_not_the_end_of_the_log(small: SmallLog) -> None:
    workspace = make_organization()
    for _ in range(100):
        small.log.append({"gid": None, "created_at": text(THEN)})
    gid = small.add(THEN + timedelta(seconds=1))
    read_log(small, workspace, NOW)
    assert AuditEvent.objects.get().gid == gid


def test_the_character_zero_is_dropped_everywhere(small: SmallLog) -> None:
    workspace = make_organization()
    small.add(
        THEN,
        gid="1\x002",
        event_type="task\x00_deleted",
        event_category="\x00",
        actor={"actor_type": "user", "gid": "5\x00", "name": "A\x00da"},
    )
    read_log(small, workspace, NOW)
    event = AuditEvent.objects.get()
    assert (event.gid, event.event_type, event.actor_gid) == ("12", "task_deleted", "5")
    assert json.loads(event.raw)["actor"]["name"] == "Ada"
    small.change(THEN, user="5\x00")
    poll(small, workspace, THEN)
    small.change(NOW, user="6\x00", action="chan\x00ged")
    poll(small, workspace, NOW)
    assert StreamEvent.objects.get().user_gid == "6"


def test_half_a_character_in_a_name_does_not_spoil_the_page(small: SmallLog) -> None:
    """As when a name was cut in the middle of an emoji: no Unicode, and so no JSON that a parser takes."""
    name = rb'"resource":{"gid":"7","name":"Launch \ud83d"},"whole":"\ud83d\ude80 \\ud83d"'
    answered(small, [b'{"gid":"1","created_at":"' + text(THEN).encode() + b'",' + name + b"}"])
    read_log(small, make_organization(), NOW)
    event = AuditEvent.objects.get()
    assert event.resource_gid == "7"
    assert json.loads(event.raw)["whole"] == "🚀 \\ud83d"
    assert json.loads(event.raw)["resource"]["name"] == "Launch \N{REPLACEMENT CHARACTER}"


def test_a_change_of_another_shape_does_not_keep_the_stream_from_going_on(small: SmallLog) -> None:
    workspace = make_organization()
    poll(small, workspace, THEN)
    small.changes += [{"user": {"gid": "5"}}, {"created_at": "soon", "user": {"gid": "5"}}]
    small.change(NOW, user="6")
    small.change(NOW, user=None)
    assert poll(small, workspace, NOW) == 1
    assert StreamEvent.objects.get().user_gid == "6"
