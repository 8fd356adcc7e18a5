"""Portfolios, goals, project templates, project memberships and out-of-office entries as JSON."""

from __future__ import annotations

from usher.sandbox.http.shapes import PROJECT, USER, Shape, one, plain
from usher.sandbox.life.absences import Absence
from usher.sandbox.life.plans import KINDS, Kind, Plan
from usher.sandbox.life.project_members import ProjectMember


def _shape(kind: Kind) -> Shape[Plan]:
    shape: Shape[Plan] = Shape(
        kind,
        lambda view, plan: view.company.gids.plans.gid(plan.number),
        {"name": plain(lambda _, plan: plan.name)},
    )
    shape.more({"owner": one(lambda view, plan: view.company.people[plan.owner], lambda: USER)})
    return shape


PLANS = {kind: _shape(kind) for kind in KINDS}

PROJECT_MEMBER: Shape[ProjectMember] = Shape(
    "project_membership",
    lambda view, member: view.company.gids.project_memberships.gid(member.number),
    {
        "parent": one(lambda view, member: view.work.project(member.project), lambda: PROJECT),
        "member": one(lambda view, member: view.company.people[member.person], lambda: USER),
        "access_level": plain(lambda _, member: member.access_level),
    },
)

ABSENCE: Shape[Absence] = Shape(
    "ooo_entry",
    lambda view, absence: view.company.gids.absences.gid(absence.number),
    {
        "start_date": plain(lambda _, absence: absence.first.isoformat()),
        "end_date": plain(lambda _, absence: absence.last.isoformat() if absence.last else None),
    },
)
ABSENCE.more({"user": one(lambda view, absence: view.company.people[absence.person], lambda: USER)})
