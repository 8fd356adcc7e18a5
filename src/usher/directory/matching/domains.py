"""Which e-mail domains belong to the company."""

from collections.abc import Iterable, Mapping

from usher.directory.models import DomainAlias
from usher.directory.normalise import canonical, normal_domain, resolved
from usher.roster.models import Workspace


def stored_aliases() -> dict[str, str]:
    """Alias → the domain at the end of its chain."""
    return resolved(DomainAlias.objects.values_list("alias", "domain"))


def company_domains(aliases: Mapping[str, str]) -> set[str]:
    """The domains that Asana lists for the connected organizations, and what they are aliases of."""
    lists = Workspace.objects.filter(is_organization=True).values_list("email_domains", flat=True)
    domains = {normal_domain(domain) for each in lists for domain in each}
    return domains | {aliases.get(domain, domain) for domain in domains}


def on_every_domain(addresses: Iterable[str], aliases: Mapping[str, str]) -> list[str]:
    """The addresses, and each of them on every other domain of the same company."""
    same_company: dict[str, set[str]] = {}
    for alias, domain in aliases.items():
        same_company.setdefault(domain, {domain}).add(alias)
    everywhere = set()
    for address in addresses:
        local, _, domain = canonical(address, aliases).rpartition("@")
        everywhere |= {f"{local}@{other}" for other in same_company.get(domain, {domain})}
    return sorted(everywhere)
