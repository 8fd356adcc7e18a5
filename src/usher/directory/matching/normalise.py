"""How addresses and names are compared. Pure: no database, no Django."""

import re
from collections.abc import Iterable, Mapping

from usher.csvfiles.text import folded

SPACES = re.compile(r"\s+")


def normal_address(text: str) -> str:
    """One spelling for each e-mail address: capitals, letters put together, and domains in punycode are alike.

    Empty for what is no address.
    """
    local, at, domain = folded(text).rpartition("@")
    if not (at and local and domain):
        return ""
    return f"{local}@{normal_domain(domain)}"


def normal_domain(text: str) -> str:
    labels = folded(text).lstrip("@").rstrip(".").split(".")
    return folded(".".join(_readable(label) for label in labels))


def _readable(label: str) -> str:
    """A label in punycode in its own letters, as far as it has any."""
    if not label.startswith("xn--"):
        return label
    try:
        letters = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label
    # What would be read differently the next time, such as an encoded blank, stays as it is.
    return letters if not letters.isascii() and folded(letters) == letters and "." not in letters else label


def canonical(address: str, aliases: Mapping[str, str]) -> str:
    """A normal address on the domain that its own is an alias of. `aliases`: alias → domain."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{aliases[domain]}" if domain in aliases else address


def untagged(address: str) -> str:
    """Without what follows a plus: greta+asana@… is greta@…"""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def local_part(address: str) -> str:
    """What stands before the @, without what follows a plus."""
    return untagged(address).rpartition("@")[0]


def name_key(name: str) -> str:
    """One spelling for each full name, “Last, First” turned round. Empty where it has fewer than two parts."""
    key = SPACES.sub(" ", folded(name))
    last, comma, first = key.partition(",")
    if comma and last.strip() and first.strip() and "," not in first:
        key = f"{first.strip()} {last.strip()}"
    return key if " " in key else ""


def like(pattern: str) -> str:
    """A pattern with * for SQL's LIKE."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def normal_pattern(pattern: str) -> str:
    """A pattern of addresses in the spelling of addresses; one without @ stays as it is but for capitals."""
    return normal_address(pattern) or folded(pattern)


def fits(pattern: str, address: str) -> bool:
    """Whether an address is of a pattern, in which * stands for any characters."""
    parts = map(re.escape, normal_pattern(pattern).split("*"))
    return re.fullmatch(".*".join(parts), normal_address(address) or folded(address), re.DOTALL) is not None


def resolved(aliases: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Alias → the domain at the end of the chain. A ring of aliases is one company under its first domain."""
    direct = {normal_domain(alias): normal_domain(domain) for alias, domain in aliases}
    found: dict[str, str] = {}
    for alias in direct:
        passed = [alias]
        while (following := direct.get(passed[-1])) is not None and following not in passed:
            passed.append(following)
        if following is None:
            found[alias] = passed[-1]
        else:
            found[alias] = min(passed[passed.index(following) :])
    return {alias: domain for alias, domain in found.items() if alias != domain}
