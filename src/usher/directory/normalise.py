"""How addresses and names are compared. Pure: no database, no Django."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

import msgspec

from usher.csvfiles.text import folded, without_accents
from usher.directory.limits import LONGEST_ADDRESS, LONGEST_NAME

SPACES = re.compile(r"\s+")


def normal_address(text: str) -> str:
    """One spelling for each e-mail address. Capitals, Unicode forms and punycode do not matter.

    Empty if the text is not an address.
    """
    local, _, domain = folded(text).rpartition("@")
    domain = normal_domain(domain)
    return f"{local}@{domain}" if local and domain else ""


def normal_domain(text: str) -> str:
    labels = folded(text).lstrip("@").rstrip(".").split(".")
    return folded(".".join(_readable(label) for label in labels))


def _readable(label: str) -> str:
    """A punycode label in its own letters, if it has any."""
    if not label.startswith("xn--"):
        return label
    try:
        letters = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label
    # What would be read differently the next time, such as an encoded blank, stays as it is.
    return letters if not letters.isascii() and folded(letters) == letters and "." not in letters else label


def canonical(address: str, aliases: Mapping[str, str]) -> str:
    """A normal address, with its domain replaced by the one that it is an alias of. `aliases`: alias → domain."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{aliases[domain]}" if domain in aliases else address


def untagged(address: str) -> str:
    """Without the tag after a plus: greta+asana@… is greta@…"""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def local_part(address: str) -> str:
    """The part before the @ in a loose form, by which resembling addresses are found: see `look`."""
    return look(untagged(address).rpartition("@")[0])


LOOK_ALIKES = str.maketrans(
    "01іїаеорсухѕјԁһӏԛԝαινορυχıłøđ",
    "oliiaeopcyxsjdhlqwaivopuxilod",
)
SEVERAL_LETTERS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def look(text: str) -> str:
    """One spelling for texts that people take for the same: without dots and accents, look-alikes replaced."""
    plain = without_accents(text.replace(".", "")).translate(LOOK_ALIKES)
    for letters, taken_for in SEVERAL_LETTERS:
        plain = plain.replace(letters, taken_for)
    return plain or text


def name_key(name: str) -> str:
    """One spelling for each full name; “Last, First” becomes “first last”. Empty for fewer than two parts."""
    key = SPACES.sub(" ", folded(name))
    last, comma, first = key.partition(",")
    if comma and last.strip() and first.strip() and "," not in first:
        key = f"{first.strip()} {last.strip()}"
    return key if " " in key else ""


def like(pattern: str) -> str:
    """A pattern with *, as SQL's LIKE takes it."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def normal_pattern(pattern: str) -> str:
    """A pattern in the spelling of `normal_address`; one without @ only loses its capitals."""
    return normal_address(pattern) or folded(pattern)


def likes_of(pattern: str) -> list[str]:
    """What LIKE compares with an address: the normal pattern, and the pattern as it was written."""
    as_written = unicodedata.normalize("NFC", pattern).lower()
    return list(dict.fromkeys((like(normal_pattern(pattern)), like(as_written))))


def fits(pattern: str, address: str) -> bool:
    """Whether an address matches a pattern, in which * stands for any characters."""
    parts = map(re.escape, normal_pattern(pattern).split("*"))
    return re.fullmatch(".*".join(parts), normal_address(address) or folded(address), re.DOTALL) is not None


def resolved(aliases: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Alias → the domain at the end of the chain. A ring of aliases is one company under its first domain."""
    direct = {normal_domain(alias): normal_domain(domain) for alias, domain in aliases}
    ends: dict[str, str] = {}
    for alias in direct:
        passed = [alias]
        while (following := direct.get(passed[-1])) is not None and following not in passed:
            passed.append(following)
        if following is None:
            ends[alias] = passed[-1]
        else:
            ends[alias] = min(passed[passed.index(following) :])
    return {alias: domain for alias, domain in ends.items() if alias != domain}


class NormalForms(msgspec.Struct, frozen=True):
    """The addresses and the name of an employee as matching compares them. The main address comes first."""

    addresses: list[str]
    local_parts: list[str]
    name_key: str


def normal_forms(email: str, other_addresses: Iterable[str], name: str) -> NormalForms:
    normal = map(normal_address, (email, *other_addresses))
    addresses = list(dict.fromkeys(filter(None, normal)))
    return NormalForms(
        [address[:LONGEST_ADDRESS] for address in addresses],
        list(dict.fromkeys(local_part(address) for address in addresses)),
        name_key(name)[:LONGEST_NAME],
    )
