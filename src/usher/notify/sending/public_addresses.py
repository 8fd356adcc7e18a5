"""To which addresses of the network Usher sends on somebody's word: public ones, and those that the operator allows.

Otherwise an address typed into a form would reach what only this machine reaches, such as a cloud's metadata.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings

from usher.refusals import Refused

IpAddress = IPv4Address | IPv6Address

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
RESOLVE_SECONDS = 10


class NotPublic(Refused):
    """The host has no address that may be reached."""


class HostUnknown(Exception):
    """The name could not be resolved now."""


def is_allowed(address: IpAddress) -> bool:
    """Whether it is public, also behind each way of writing an IPv4 address in IPv6, or allowed by the operator."""
    if any(address in network for network in settings.USHER_WEBHOOK_NETWORKS):
        return True
    inner = _inside(address)
    if inner is not None:
        return is_allowed(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inside(address: IpAddress) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo else None


async def public_address(host: str, port: int) -> IpAddress:
    """The address to connect to, now. Whoever connects must use this very address: another look-up may say another.

    Every address of the name must be allowed: a name with a private one beside a public one is a trap or a mistake.
    Raises NotPublic, HostUnknown.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        raise HostUnknown from error
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    if not addresses:
        raise HostUnknown
    private = [str(each) for each in addresses if not is_allowed(each)]
    if private:
        raise NotPublic(
            f"{host} has the address {private[0]}, which is not public.",
            "Use a public address. If this place is meant, the operator allows its network: USHER_WEBHOOK_NETWORKS.",
        )
    return addresses[0]
