"""Who does something that the ledger records."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Who acts, and how. Plain values, because an entry outlives the account that made it."""

    kind: str
    """person, token (of a person), service (a token of a service account), command, policy or system"""
    name: str
    """The person's e-mail; the name of a token or directory source; the OS user of a command."""
    user_id: int | None = None
    """The user's account, also when they act through a token or `--as`."""
    via: str = ""
    """page, api, command line (OS user), scim or job"""
    role: str = ""
    """The actor's role now, for decisions that depend on it; empty without one. The ledger does not store it."""
    let_in_by: str = ""
    """Who made the sign-in link that opened the session, or the session that made the token; of a service account, who
    made its token. Empty where there is none.
    Whoever asks for something could have made themselves a link for another's account. Not stored."""
    let_in_by_id: int | None = None
    """Their account; None for a user of the machine."""

    def __str__(self) -> str:
        return f"{self.name} ({self.via})" if self.via else self.name


SERVICE = "service"

SYSTEM = Actor("system", "Usher")
