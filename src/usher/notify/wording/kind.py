"""What a kind of notice is: its texts, whom it concerns, and how urgent it is."""

from collections.abc import Mapping
from enum import StrEnum
from string import Formatter

import msgspec

from usher.access.roles import UserRole

Fact = str | int | list[str]
Facts = Mapping[str, Fact]


class NoticeUrgency(StrEnum):
    AT_ONCE = "Urgent"
    NORMAL = "Normal"
    REGULAR = "Regular"


class NoticeKind(msgspec.Struct, frozen=True):
    """Texts name facts in braces. A paragraph of `body` that is only a list of lines becomes a list."""

    name: str
    """Stored, and part of what webhooks send, so it does not change."""
    label: str
    about: str
    audience: UserRole
    """Users with this role or a higher one are told, unless they choose otherwise."""
    subject: str
    body: str
    example: Facts
    link: str = "Open in Usher"
    many: str = ""
    """The subject of one message about several such notices, with {count}; empty: each is told by itself."""
    urgency: NoticeUrgency = NoticeUrgency.NORMAL
    is_on: bool = True
    """Whether users who have chosen nothing get it."""
    to_address: bool = False
    """To somebody without an account: never to users or destinations."""
    asks: bool = False
    """Whether the message has links for an answer."""

    @property
    def needed(self) -> set[str]:
        """The facts that the texts name."""
        return {
            name for text in (self.subject, self.body) for _, name, _, _ in Formatter().parse(text) if name
        }
