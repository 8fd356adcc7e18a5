"""Domains that are the same company."""

import re

from django.db import IntegrityError, transaction

from usher.directory.matching.normalise import normal_domain
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import DomainAlias
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.refusals import Refused

DOMAIN = re.compile(r"[^\s@/:,;*]+\.[^\s@/:,;*.]+")
EVERYBODYS = frozenset(
    (
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com"),
        *("me.com", "gmx.de", "gmx.net", "web.de", "aol.com", "proton.me", "protonmail.com", "mail.com"),
    )
)
"""Whoever has an address there is of no company."""


def add_alias(actor: Actor, alias: str, domain: str) -> DomainAlias:
    """Matches are up to date when it returns. Raises Refused for what cannot be one company."""
    alias, domain = normal_domain(alias), normal_domain(domain)
    for each in (alias, domain):
        if not DOMAIN.fullmatch(each):
            raise Refused(f"“{each}” is not a domain.", "Write it as company.com.")
        if each in EVERYBODYS:
            raise Refused(
                f"{each} is open to everybody: people there are not of one company.", "Match them by hand."
            )
    if alias == domain:
        raise Refused("The two domains are the same.", "Give two different ones.")
    try:
        with transaction.atomic():
            made = DomainAlias.objects.create(alias=alias, domain=domain)
            bring_up_to_date()
            record(actor, "settings.domain_alias_added", f"{alias} = {domain}")
    except IntegrityError as error:
        raise Refused(f"{alias} is an alias already.", "Remove that first.") from error
    return made


def remove_alias(actor: Actor, made: DomainAlias) -> None:
    with transaction.atomic():
        made.delete()
        bring_up_to_date()
        record(actor, "settings.domain_alias_removed", f"{made.alias} = {made.domain}")
