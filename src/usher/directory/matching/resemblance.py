"""What is alike without being the same: addresses, and accounts of an address that two people had. Pure."""

from collections.abc import Iterable

from usher.directory.matching.names import may_be_same
from usher.directory.normalise import look, untagged

GMAIL = frozenset({"gmail.com", "googlemail.com"})


def is_an_old_account(account: str, holder: str, previous: Iterable[str]) -> bool:
    """Whether an account may be that of a previous holder of its address: it has that name, not the holder's.

    All are names in the form of `name_key`.
    """
    if may_be_same(account, holder):
        return False
    return any(name and may_be_same(account, name) for name in previous)


def resembles(plain: str, other: str) -> str:
    """Why two addresses may be one; empty if they are not alike. `plain` is without a tag."""
    theirs = untagged(other)
    if plain == theirs:
        return "Same address except for the part after the plus"
    (local, _, domain), (their_local, _, their_domain) = plain.rpartition("@"), theirs.rpartition("@")
    same_domain = domain == their_domain or {domain, their_domain} <= GMAIL
    if same_domain and local.replace(".", "") == their_local.replace(".", ""):
        return "Same address except for dots"
    if look(local) == look(their_local) and look(domain) == look(their_domain):
        return "The addresses look alike, but some letters differ"
    return ""
