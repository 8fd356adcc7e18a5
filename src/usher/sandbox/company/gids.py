"""Sixteen-digit gids that can be turned back into numbers, so that no index is needed."""

import msgspec

Gid = str

PERSONAL_PROJECTS_GID: Gid = "498346170860"
"""The shared pseudo-workspace of many old accounts; not an organization."""


def mix(*parts: int) -> int:
    """A hash below 2**32 of the arguments."""
    value = 0x9E3779B9
    for part in parts:
        value = ((value ^ (part & 0xFFFFFFFF)) * 0x85EBCA6B) & 0xFFFFFFFF
        value ^= value >> 13
        value = (value * 0xC2B2AE35) & 0xFFFFFFFF
        value ^= value >> 16
    return value


class GidRange(msgspec.Struct, frozen=True):
    """Gids of one kind of object. They grow with the number, have gaps, and depend on the seed."""

    base: int
    step: int
    seed: int

    def gid(self, number: int) -> Gid:
        return str(self.base + number * self.step + mix(self.seed, number, self.base >> 40) % self.step)

    def number(self, gid: Gid) -> int | None:
        """The number of this gid, or None if it is not a gid of this range."""
        if not (gid.isascii() and gid.isdigit()) or len(gid) > 18:
            return None
        number = (int(gid) - self.base) // self.step
        return number if number >= 0 and self.gid(number) == gid else None


class Gids:
    """All ranges of one company."""

    def __init__(self, seed: int) -> None:
        self.users = GidRange(1_200_000_000_000_000, 7_919, seed)
        self.workspaces = GidRange(1_210_000_000_000_000, 104_729, seed)
        self.memberships = GidRange(1_220_000_000_000_000, 6_007, seed)
        self.teams = GidRange(1_230_000_000_000_000, 9_001, seed)
        self.projects = GidRange(1_240_000_000_000_000, 997, seed)
        self.task_lists = GidRange(1_250_000_000_000_000, 5_003, seed)
        self.tasks = GidRange(1_300_000_000_000_000, 97, seed)
        self.attachments = GidRange(1_100_000_000_000_000, 41, seed)
        self.others = GidRange(1_150_000_000_000_000, 53, seed)
        """Portfolios, goals, custom fields and everything else that only events name."""
        self.plans = GidRange(1_160_000_000_000_000, 59, seed)
        """Portfolios, goals and project templates, as lists show them."""
        self.absences = GidRange(1_170_000_000_000_000, 61, seed)
        self.project_memberships = GidRange(1_400_000_000_000_000, 11, seed)
        self.team_memberships = GidRange(1_500_000_000_000_000, 13, seed)
