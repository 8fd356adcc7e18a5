"""Reads values of variables of the environment, each of its kind, and says in words what is wrong with one.

A value is never repeated in a message where it may hold a password, a token or a key.
"""

from collections.abc import Mapping
from email.utils import parseaddr
from ipaddress import ip_network
from urllib.parse import urlsplit

import dj_database_url
from cryptography.fernet import Fernet

from usher.platform.home import split_keys
from usher.platform.proxies import InvalidProxies, Network, trusted_proxies

SHORTEST_SECRET_KEY = 32
SHORTEST_TOKEN = 16


class ValueReader:
    """Reads values. What is wrong with one goes into `problems`, and its default is returned."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        return self._variables.get(name, "").strip()

    def address(self, name: str, default: str, *, with_path: bool) -> str:
        """Without a slash at its end."""
        given = self.text(name).rstrip("/")
        if not given:
            return default
        try:
            parts = urlsplit(given)
            usable = (
                parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port)
            )
        except ValueError:
            usable = False
        if not usable or any(letter.isspace() for letter in given):
            self.problems.append(f"{name} is not an address: it looks like https://usher.example.com.")
        elif parts.username or parts.password or parts.query or parts.fragment:
            self.problems.append(f"{name} must not have a user, a query or a fragment in it.")
        elif parts.path and not with_path:
            self.problems.append(
                f"{name} must not have a path: Usher runs at the root of its host, not under {parts.path}."
            )
        else:
            return given
        return default

    def word(self, name: str, words: tuple[str, ...]) -> str:
        """One of `words`, the first of which is the default."""
        given = self.text(name).lower()
        if given and given not in words:
            self.problems.append(f"{name} is “{given}”, and must be one of: {', '.join(words)}.")
        return given if given in words else words[0]

    def port(self, name: str, default: int) -> int:
        given = self.text(name)
        if not given:
            return default
        if _is_number(given) and 1 <= int(given) <= 65535:
            return int(given)
        self.problems.append(f"{name} is “{given}”, and must be a port: a number from 1 to 65535.")
        return default

    def days(self, name: str, fewest: int) -> int | None:
        """None when it is absent. Less than `fewest` counts as `fewest`."""
        given = self.text(name)
        if not given:
            return None
        if _is_number(given) and 1 <= int(given) <= 36_500:
            return max(fewest, int(given))
        self.problems.append(f"{name} is “{given}”, and must be a number of days, from 1 to 36500.")
        return None

    def seconds(self, name: str, default: int) -> int:
        given = self.text(name)
        if given and not _is_number(given):
            self.problems.append(f"{name} is “{given}”, and must be a number of seconds.")
        return int(given) if _is_number(given) else default

    def count(self, name: str, default: int) -> int:
        given = self.text(name)
        if given and not (_is_number(given) and 1 <= int(given) <= 1_000_000):
            self.problems.append(f"{name} is “{given}”, and must be a number from 1 to 1,000,000.")
            return default
        return int(given) if given else default

    def proxies(self, name: str) -> list[Network]:
        try:
            return trusted_proxies(self.text(name))
        except InvalidProxies as error:
            self.problems.append(f"{error.message} {error.remedy}")
            return []

    def networks(self, name: str) -> list[Network]:
        networks = []
        for part in filter(None, (each.strip() for each in self.text(name).split(","))):
            try:
                networks.append(ip_network(part, strict=False))
            except ValueError:
                self.problems.append(
                    f"{name}: “{part}” is neither an IP address nor a network such as 10.1.0.0/16."
                )
        return networks

    def secret(self, name: str) -> str:
        given = self.text(name)
        if given and len(given) < SHORTEST_TOKEN:
            self.problems.append(f"{name} is too short: it needs {SHORTEST_TOKEN} random characters or more.")
        return given

    def mail_host(self, name: str) -> str:
        given = self.text(name)
        if "/" in given or any(letter.isspace() for letter in given):
            self.problems.append(
                f"{name} is “{given}”, and must be the name of a host, such as smtp.example.com."
            )
            return ""
        return given

    def mail_address(self, name: str, default: str) -> str:
        given = self.text(name)
        if not given:
            return default
        user, _, domain = parseaddr(given)[1].rpartition("@")
        if user and domain and given.isprintable():
            return given
        self.problems.append(
            f"{name} is “{given}”, and must be an e-mail address, such as Usher <usher@example.com>."
        )
        return default

    def receivers(self, name: str) -> list[str]:
        """E-mail addresses, separated by commas; "admins" stands for those of all admins."""
        given = [one for each in self.text(name).split(",") if (one := each.strip())]
        for one in given:
            user, _, domain = one.rpartition("@")
            if one != "admins" and not (user and domain and one.isprintable() and parseaddr(one)[1] == one):
                self.problems.append(
                    f"{name} names “{one}”, and must have e-mail addresses or the word admins, separated by commas."
                )
                return []
        return given

    def database(self, name: str) -> str:
        given = self.text(name)
        try:
            if not given or dj_database_url.parse(given)["ENGINE"] == "django.db.backends.postgresql":
                return given
        except (ValueError, KeyError):
            pass
        self.problems.append(
            f"{name} is not the address of a PostgreSQL database. "
            "It looks like postgresql://user:password@host:5432/database."
        )
        return ""

    def check_keys(self) -> None:
        secret_key = self.text("USHER_SECRET_KEY")
        if secret_key and len(secret_key) < SHORTEST_SECRET_KEY:
            self.problems.append(
                f"USHER_SECRET_KEY is too short: sessions are signed with it, so it needs {SHORTEST_SECRET_KEY} "
                "random characters or more."
            )
        keys = split_keys(self.text("USHER_ENCRYPTION_KEYS"))
        bad = [str(number) for number, key in enumerate(keys, 1) if not _is_key(key)]
        if bad:
            self.problems.append(
                f"USHER_ENCRYPTION_KEYS: number {' and '.join(bad)} of {len(keys)} is not a key. A key has 44 letters, "
                "digits, - and _, and ends with =. Several are separated by commas."
            )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _is_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True
