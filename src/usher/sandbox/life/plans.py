"""Portfolios, goals and project templates: who owns which, computed from numbers on demand."""

from __future__ import annotations

from typing import Literal

import msgspec

from usher.sandbox.company.company import Company, Workspace
from usher.sandbox.company.gids import mix
from usher.sandbox.life.titles import PROJECT_WORDS

Kind = Literal["portfolio", "goal", "project_template"]
KINDS: tuple[Kind, ...] = ("portfolio", "goal", "project_template")
MOST = 200
_PLACES = 1_000


class Plan(msgspec.Struct, frozen=True):
    number: int
    kind: Kind
    name: str
    owner: int


def plans(company: Company, workspace: Workspace, kind: Kind) -> list[Plan]:
    """Only organizations have them. About one for every fifteen members."""
    members = workspace.members
    count = min(MOST, max(2, len(members) // 15)) if workspace.is_organization else 0
    place = KINDS.index(kind)
    return [
        Plan(
            number=(workspace.number * len(KINDS) + place) * _PLACES + n,
            kind=kind,
            name=f"{kind.replace('_', ' ').capitalize()}: {PROJECT_WORDS[n % len(PROJECT_WORDS)]} {n + 1}",
            owner=company.memberships[
                members[mix(company.seed, workspace.number, place, n, 106) % len(members)]
            ].person,
        )
        for n in range(count)
    ]
