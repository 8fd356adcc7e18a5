"""A small honest audit log out of the company's history: who was invited or removed, and some sign-ins.

Sign-ins are those of the first people only; everybody's work is not simulated here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from usher.sandbox.answers import Record
from usher.sandbox.clock import timestamp
from usher.sandbox.company import Company, Membership, Person, Workspace
from usher.sandbox.gids import mix
from usher.sandbox.timeline import DAY

KEPT_DAYS = 90
PEOPLE_WHO_SIGN_IN = 60
CATEGORIES = {
    "user_login_succeeded": "logins",
    "user_invited": "user_updates",
    "user_deprovisioned": "user_updates",
    "user_reprovisioned": "user_updates",
}


class Event(msgspec.Struct, frozen=True, order=True):
    """`at` in milliseconds since 1970; the order is that of the log."""

    at: int
    gid: str
    event_type: str
    actor: int | None
    """Number of a person; None when Asana itself acted."""
    resource: int


def events(company: Company, workspace: Workspace, now: float) -> list[Event]:
    """What Asana still has at that moment, oldest first."""
    since = now - KEPT_DAYS * DAY
    found = [
        event for event in _all_events(company, workspace, since, now) if since <= event.at / 1_000 <= now
    ]
    found.sort()
    return found


def _all_events(company: Company, workspace: Workspace, since: float, now: float) -> Iterator[Event]:
    admin = company.main_admin(workspace, now)
    by = None if admin is None else admin.number
    for position, number in enumerate(workspace.members):
        membership = company.memberships[number]
        yield from _changes(membership, by, since)
        if position < PEOPLE_WHO_SIGN_IN and not company.people[membership.person].is_service_account:
            yield from _sign_ins(company, membership, since, now)


def _changes(membership: Membership, by: int | None, since: float) -> Iterator[Event]:
    before = None
    for at, standing in membership.history:
        if at >= since:
            if before is None:
                yield _event(membership, at, "user_invited", by)
            elif before == "active" and standing.status != "active":
                yield _event(membership, at, "user_deprovisioned", by)
            elif before != "active" and standing.status == "active":
                yield _event(membership, at, "user_reprovisioned", by)
        before = standing.status


def _sign_ins(company: Company, membership: Membership, since: float, now: float) -> Iterator[Event]:
    if membership.never_joined:
        return
    for day in range(int(since) // DAY, int(now) // DAY + 1):
        drawn = mix(company.seed, membership.number, day)
        at = day * DAY + 7 * 3_600 + drawn % 30_000
        if drawn % 7 == 0 and (day + 3) % 7 < 5 and membership.is_active(at):
            yield _event(membership, at, "user_login_succeeded", membership.person)


def _event(membership: Membership, at: int, event_type: str, actor: int | None) -> Event:
    drawn = mix(membership.number, at, len(event_type))
    milliseconds = at * 1_000 + drawn % 1_000
    return Event(milliseconds, str(milliseconds * 1_000 + drawn % 997), event_type, actor, membership.person)


def event_record(company: Company, event: Event) -> Record:
    actor = None if event.actor is None else company.people[event.actor]
    is_sign_in = event.event_type == "user_login_succeeded"
    context: Record = {"context_type": "web"}
    if is_sign_in:
        context["client_ip_address"] = f"198.51.100.{event.resource % 254 + 1}"
        context["user_agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    return {
        "gid": event.gid,
        "created_at": timestamp(event.at // 1_000, event.at % 1_000),
        "event_type": event.event_type,
        "event_category": CATEGORIES[event.event_type],
        "actor": {"actor_type": "asana"}
        if actor is None
        else {"actor_type": "user", **_named(company, actor)},
        "resource": {"resource_type": "user", **_named(company, company.people[event.resource])},
        "details": {"method": ["SAML"]} if is_sign_in else {},
        "context": context if actor else {"context_type": "asana"},
    }


def _named(company: Company, person: Person) -> Record:
    named: Record = {"gid": company.gids.users.gid(person.number), "name": person.name}
    if person.email:
        named["email"] = person.email
    return named


def parse_moment(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 time; ValueError for anything else. No zone means UTC."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
