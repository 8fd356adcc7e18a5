"""Objects of OCSF that events of both sources have. What is missing or has another shape is left out."""

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache

Json = dict[str, object]

OTHER_TYPE = 99
USER, SYSTEM = 1, 3
_ADDRESS = re.compile(r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+")


def known(fields: Mapping[str, object]) -> Json:
    """Without what is None or empty."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def user_object(gid: str, name: str = "", email: str = "", *, type_id: int = USER) -> Json:
    """`name` is what somebody signs in with. There is always one: OCSF wants a name or an id."""
    return known(
        {
            "uid": gid,
            "name": email or name or gid or "unknown",
            "full_name": name,
            "email_addr": email if is_address(email) else "",
            "type_id": type_id,
        }
    )


def is_address(text: str) -> bool:
    return bool(_ADDRESS.fullmatch(text))


def thing(uid: str, name: str, kind: str) -> Json:
    """OCSF wants a name or an id: where neither is known, the kind."""
    return known({"uid": uid, "name": name or ("" if uid else kind or "unknown"), "type": kind})


def source_of(address: str, otherwise: str) -> Json:
    """Where it came from; the name of the service itself where no address is known."""
    return {"ip": address} if is_ip(address) else {"svc_name": otherwise}


@lru_cache(4096)
def is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
