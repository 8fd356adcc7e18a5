"""The visitor's IP address, also behind a reverse proxy."""

import logging
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

log = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address


class VisitorsAddress:
    """Puts the visitor's address into REMOTE_ADDR, the one place where everything after it looks for it.

    X-Forwarded-For counts only from proxies in USHER_TRUSTED_PROXIES. Each proxy appends the address that it saw, and
    everything further left may be invented, so the visitor is the right-most address that is no trusted proxy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.has_warned = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer = _parsed(request.META.get("REMOTE_ADDR", ""))
        forwarded = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        if peer is not None and _is_trusted(peer):
            peer = _visitor(peer, forwarded)
        elif forwarded and peer is not None and peer.is_private and not self.has_warned:
            self.has_warned = True
            log.warning(
                "A proxy at %s is not in USHER_TRUSTED_PROXIES: all of its visitors count as one.",
                peer,
            )
        request.META["REMOTE_ADDR"] = str(peer) if peer is not None else ""
        return self.get_response(request)


def _visitor(peer: Address, forwarded: str) -> Address:
    """Walks from the nearest hop to the farthest that a trusted proxy vouches for."""
    visitor = peer
    for hop in reversed(forwarded.split(",")):
        address = _parsed(hop)
        if address is None:  # nothing further left can be believed
            return visitor
        visitor = address
        if not _is_trusted(address):
            return visitor
    return visitor


def is_from_trusted_proxy(request: HttpRequest) -> bool:
    """Before VisitorsAddress has put the visitor's address in place of the proxy's."""
    peer = _parsed(request.META.get("REMOTE_ADDR", ""))
    return peer is not None and _is_trusted(peer)


def _is_trusted(address: Address) -> bool:
    return any(address in network for network in settings.USHER_TRUSTED_PROXIES)


def _parsed(text: str) -> Address | None:
    """Also with a port, as some proxies write it: 192.0.2.1:4711, [2001:db8::1]:4711."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
