"""Who does something that the ledger keeps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Who acts, and by which way. Plain words and a number: an entry outlives the account that made it."""

    kind: str
    """person, token, command, policy or system"""
    name: str
    """The person's e-mail; the name of a token or directory source; the OS user of a command."""
    user_id: int | None = None
    """The account of the person who acts, also through a token or `--as`."""
    via: str = ""
    """page, api, command line (root), scim or job"""
    role: str = ""
    """What the actor may do at this moment, for decisions that rest on it; not kept in the ledger. Empty: none."""

    def __str__(self) -> str:
        return f"{self.name} ({self.via})" if self.via else self.name


SYSTEM = Actor("system", "Usher")
