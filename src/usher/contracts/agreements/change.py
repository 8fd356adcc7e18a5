"""Entering, changing and deleting contracts and what was bought under them."""

from collections.abc import Collection, Mapping
from datetime import date

from django.db import transaction

from usher.activity.usage.figures import today_of
from usher.connections.models import Connection
from usher.contracts.agreements.checks import (
    SETTINGS,
    ContractRefused,
    PurchaseTerms,
    check_bought,
    check_places,
    check_purchase,
    checked,
)
from usher.contracts.models import Contract, LicencePurchase
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.record import record
from usher.roster.models import Licence, Workspace
from usher.roster.seat_prices.change import release_price, set_price_of_contract


@transaction.atomic
def add_contract(
    connection: Connection,
    settings: Mapping[str, object],
    workspaces: Collection[Workspace],
    purchases: Collection[PurchaseTerms],
    actor: Actor,
) -> Contract:
    """No workspaces: all of the connection. Raises ContractRefused."""
    Connection.objects.select_for_update().get(pk=connection.pk)
    contract = Contract(connection=connection, **checked(settings))
    check_places(connection, workspaces)
    check_bought(purchases)
    _refuse_overlap(contract, workspaces)
    contract.save()
    contract.workspaces.set(workspaces)
    for one in purchases:
        _store_purchase(contract, one)
    record(actor, "contract.added", _subject(contract), after=_facts(contract), connection=connection.pk)
    carry_price(connection, actor)
    return contract


@transaction.atomic
def change_contract(
    contract: Contract,
    settings: Mapping[str, object],
    workspaces: Collection[Workspace] | None,
    actor: Actor,
) -> bool:
    """What is not among the settings stays, and what it covers where no workspaces are given: None, not an empty list.

    Returns False if nothing changes. Raises ContractRefused.
    """
    Connection.objects.select_for_update().get(pk=contract.connection_id)
    stored = Contract.objects.select_for_update().get(pk=contract.pk)
    before = _facts(stored)
    wanted = checked(settings, stored)
    if wanted.get("currency", stored.currency) != stored.currency and stored.purchases.exists():
        raise ContractRefused(
            f"What was bought under this contract was paid in {stored.currency}.",
            "A contract keeps its currency. Add another contract for the new one, and delete this one if it has ended.",
            "currency",
        )
    for name, value in wanted.items():
        setattr(stored, name, value)
    covered = list(stored.workspaces.all()) if workspaces is None else workspaces
    if workspaces is not None:
        check_places(stored.connection, workspaces)
    _refuse_overlap(stored, covered)
    stored.save()
    stored.workspaces.set(covered)
    after = _facts(stored)
    if before == after:
        return False
    record(
        actor,
        "contract.changed",
        _subject(stored),
        before=before,
        after=after,
        connection=stored.connection_id,
    )
    carry_price(stored.connection, actor)
    return True


@transaction.atomic
def delete_contract(contract: Contract, actor: Actor) -> None:
    """With what was bought under it. The seat price stays until somebody changes it."""
    connection = contract.connection
    before, subject = _facts(contract), _subject(contract)
    contract.delete()
    record(actor, "contract.deleted", subject, before=before, connection=connection.pk)
    if not Contract.objects.filter(connection=connection).exists():
        release_price(connection)
    else:
        carry_price(connection, actor)


@transaction.atomic
def record_purchase(contract: Contract, terms: PurchaseTerms, actor: Actor) -> bool:
    """One of the same licence and day is replaced. Returns False if nothing changes. Raises ContractRefused."""
    check_purchase(terms)
    locked = Contract.objects.select_for_update().get(pk=contract.pk)
    before = _facts(locked)
    _store_purchase(locked, terms)
    return _note_purchases(locked, before, actor)


@transaction.atomic
def remove_purchase(purchase: LicencePurchase, actor: Actor) -> None:
    """Raises ContractRefused for the only purchase of member seats."""
    locked = Contract.objects.select_for_update().get(pk=purchase.contract_id)
    others = locked.purchases.filter(licence=Licence.MEMBER).exclude(pk=purchase.pk)
    if not others.exists():
        raise ContractRefused(
            "This is the only purchase of member seats of the contract.",
            "Record the right one first, or delete the contract.",
        )
    before = _facts(locked)
    purchase.delete()
    _note_purchases(locked, before, actor)


def carry_price(connection: Connection, actor: Actor) -> None:
    """Other pages reckon with one price of a seat for each connection: that of its largest contract today."""
    today = today_of(connection)
    found = [
        (purchase.seats, -contract.pk, contract, purchase)
        for contract in Contract.objects.filter(connection=connection)
        if (purchase := current_purchase(contract, Licence.MEMBER, today))
    ]
    if found:
        _, _, contract, purchase = max(found, key=lambda one: one[:2])
        set_price_of_contract(connection, purchase.unit_price.a_month, contract.currency, actor)


def carry_all_prices(actor: Actor) -> None:
    """For purchases that became valid since."""
    for connection in Connection.objects.filter(contracts__isnull=False).distinct():
        carry_price(connection, actor)


def current_purchase(contract: Contract, licence: str, today: date) -> LicencePurchase | None:
    """What is bought today: the newest purchase, or the first one if all are to come."""
    of_kind = [one for one in contract.purchases.all() if one.licence == licence]
    begun = [one for one in of_kind if one.valid_from <= today]
    if begun:
        return max(begun, key=lambda one: one.valid_from)
    return min(of_kind, key=lambda one: one.valid_from, default=None)


def _store_purchase(contract: Contract, terms: PurchaseTerms) -> None:
    LicencePurchase.objects.update_or_create(
        contract=contract,
        licence=terms.licence,
        valid_from=terms.valid_from,
        defaults={"seats": terms.seats, "price": terms.price, "period": terms.period},
    )


def _note_purchases(contract: Contract, before: JSON, actor: Actor) -> bool:
    after = _facts(contract)
    if before == after:
        return False
    record(
        actor,
        "contract.purchase_changed",
        _subject(contract),
        before=before,
        after=after,
        connection=contract.connection_id,
    )
    carry_price(contract.connection, actor)
    return True


def _refuse_overlap(contract: Contract, workspaces: Collection[Workspace]) -> None:
    """A seat is paid for once: no workspace is in two contracts."""
    mine = {workspace.pk for workspace in workspaces}
    others = Contract.objects.filter(connection=contract.connection_id).exclude(pk=contract.pk)
    for other in others:
        if other.name == contract.name:
            raise ContractRefused(
                f"There is a contract “{other}” for this account already.", "Choose another name.", "name"
            )
        theirs = set(other.workspaces.values_list("pk", flat=True))
        if not mine or not theirs or mine & theirs:
            raise ContractRefused(
                f"The contract “{other}” covers the same workspaces.",
                "Choose the workspaces that each contract covers, so that no seat is counted twice.",
                "workspaces",
            )


def _facts(contract: Contract) -> JSON:
    facts: dict[str, JSON] = {name: str(getattr(contract, name)) for name in SETTINGS}
    covered = contract.workspaces.order_by("name", "gid").values_list("name", flat=True)
    facts["workspaces"] = ", ".join(covered) or "all"
    facts["bought"] = [str(purchase) for purchase in LicencePurchase.objects.filter(contract=contract)]
    return facts


def _subject(contract: Contract) -> str:
    return f"contract {contract.pk}: {contract.name}, connection {contract.connection_id}"
