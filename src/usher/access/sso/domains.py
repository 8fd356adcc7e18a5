"""E-mail domains of people who may come in by an identity provider."""

import re

DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


def domains_in(text: str) -> list[str]:
    """Written one per line, or with commas or blanks between, with or without @. In lower case, each once."""
    written = (part.lower().lstrip("@") for part in re.split(r"[\s,;]+", text))
    return list(dict.fromkeys(part for part in written if part))


def is_domain(text: str) -> bool:
    return bool(DOMAIN.fullmatch(text))


def domain_of(email: str) -> str:
    return email.rpartition("@")[2].lower()
