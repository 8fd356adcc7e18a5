"""The networks of the proxies in front of Usher."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from usher.refusals import Refused

Network = IPv4Network | IPv6Network


class InvalidProxies(Refused):
    """USHER_TRUSTED_PROXIES holds something that is neither an address nor a network."""


def trusted_proxies(text: str) -> list[Network]:
    """Addresses and networks (CIDR), separated by commas. Raises InvalidProxies."""
    networks = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        try:
            networks.append(ip_network(part, strict=False))
        except ValueError as error:
            raise InvalidProxies(
                f"USHER_TRUSTED_PROXIES: “{part}” is neither an IP address nor a network.",
                "Write it such as 10.0.0.5, 10.0.0.0/8 or ::1, separated by commas.",
            ) from error
    return networks
