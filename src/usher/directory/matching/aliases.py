"""Domains that belong to the same company."""

import re

from django.db import IntegrityError, transaction

from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import DomainAlias
from usher.directory.normalise import normal_domain
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused

DOMAIN = re.compile(r"[^\s@/:,;*]+\.[^\s@/:,;*.]+")
LONGEST_DOMAIN = 255
PUBLIC_DOMAINS = frozenset(
    (
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com"),
        *("me.com", "gmx.de", "gmx.net", "web.de", "aol.com", "proton.me", "protonmail.com", "mail.com"),
    )
)
"""Anybody can have an address there, so these belong to no company."""


class CannotBeAlias(Refused):
    """Domains that cannot belong to one company. `field`: which of them is at fault."""

    def __init__(self, message: str, remedy: str, field: str = "alias") -> None:
        super().__init__(message, remedy)
        self.field = field


def add_alias(actor: Actor, alias: str, domain: str) -> DomainAlias:
    """Matches are up to date when it returns. Raises CannotBeAlias."""
    alias, domain = normal_domain(alias), normal_domain(domain)
    for field, each in (("alias", alias), ("domain", domain)):
        if not (DOMAIN.fullmatch(each) and each.isprintable() and len(each) <= LONGEST_DOMAIN):
            raise CannotBeAlias(f"“{each}” is not a domain.", "Enter it as company.com.", field)
        if each in PUBLIC_DOMAINS:
            raise CannotBeAlias(
                f"Anybody can have an address at {each}, so it does not belong to one company.",
                "Match these people by hand.",
                field,
            )
    if alias == domain:
        raise CannotBeAlias("The two domains are the same.", "Enter two different domains.")
    try:
        with transaction.atomic():
            added = DomainAlias.objects.create(alias=alias, domain=domain)
            bring_up_to_date()
            record(actor, "settings.domain_alias_added", f"{alias} = {domain}")
    except IntegrityError as error:
        raise CannotBeAlias(f"{alias} is already an alias.", "Remove that alias first.") from error
    return added


def remove_alias(actor: Actor, alias: DomainAlias) -> None:
    with transaction.atomic():
        alias.delete()
        bring_up_to_date()
        record(actor, "settings.domain_alias_removed", f"{alias.alias} = {alias.domain}")
