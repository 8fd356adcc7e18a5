"""Events by actors outside the company: Asana itself, its support, anonymous visitors, deleted people."""

from __future__ import annotations

from random import Random

from usher.sandbox.audit_log import event_types as events
from usher.sandbox.audit_log.event_types import TYPE_NUMBERS
from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.company.timeline import DAY
from usher.sandbox.life.working_life import DAY_MS

ASANA, SUPPORT, ANONYMOUS, EXTERNAL_ADMIN = -1, -2, -3, -4
ACTOR_TYPES = {
    ASANA: "asana",
    SUPPORT: "asana_support",
    ANONYMOUS: "anonymous",
    EXTERNAL_ADMIN: "external_administrator",
}
DELETED = 10_000_000
"""Numbers from here on are people who were permanently deleted: a gid without a name."""

Odd = tuple[int, int, int, int]
"""Moment in milliseconds, actor (as above, or a person's number), type, context."""
_ODD: tuple[tuple[int, str, int], ...] = (
    (ASANA, "domain_user_billing_unpaused", events.BY_ASANA),
    (ASANA, "workspace_machine_learning_product_feature_changed", events.BY_ASANA),
    (SUPPORT, "workspace_saml_settings_changed", events.SUPPORT),
    (SUPPORT, "user_two_factor_auth_disabled", events.SUPPORT),
    (ANONYMOUS, "user_login_failed", events.WEB),
    (ANONYMOUS, "user_forgot_password_started", events.MOBILE),
    (EXTERNAL_ADMIN, "user_password_reset", events.WEB),
    (EXTERNAL_ADMIN, "workspace_force_password_reset", events.WEB),
    (DELETED, "attachment_downloaded", events.WEB),
    (DELETED, "project_member_added", events.DESKTOP),
)


def odd_events(company: Company, workspace: Workspace, day: int) -> list[Odd]:
    """The events of one UTC day, unsorted. Some name a person as actor, but show no use by the person."""
    if not company.has_oddities:
        return []
    random = Random(mix(company.seed, workspace.number, day, 201))  # noqa: S311 - invented, no secret
    events_of_day: list[Odd] = []
    for _ in range(3):
        actor, name, context = _ODD[int(random.random() * len(_ODD))]
        if actor == DELETED:
            actor += int(random.random() * 5)
        events_of_day.append((_moment(random, day), actor, TYPE_NUMBERS[name], context))
    if workspace.members and random.random() < 0.4:
        membership = company.memberships[workspace.members[int(random.random() * len(workspace.members))]]
        history = company.founded(membership)
        if history and history[0][0] < day * DAY:
            by_support = random.random() < 0.5
            name = "user_password_changed" if by_support else "domain_user_billing_paused"
            context = events.SUPPORT if by_support else events.BY_ASANA
            events_of_day.append((_moment(random, day), membership.person, TYPE_NUMBERS[name], context))
    return events_of_day


def system_changes(company: Company, workspace: Workspace, day: int) -> list[int]:
    """When Asana itself changes a task, which the stream shows without a user."""
    random = Random(mix(company.seed, workspace.number, day, 202))  # noqa: S311
    return [_moment(random, day) for _ in range(int(random.random() * 6))]


def _moment(random: Random, day: int) -> int:
    return day * DAY_MS + int(random.random() * DAY_MS)
