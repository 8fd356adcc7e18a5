"""The pages on which contracts are entered and changed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.connections.models import Connection
from usher.contracts.agreements.change import (
    add_contract,
    change_contract,
    delete_contract,
    record_purchase,
    remove_purchase,
)
from usher.contracts.agreements.checks import ContractRefused
from usher.contracts.agreements.forms import ContractForm, PurchaseForm
from usher.contracts.models import Contract, LicencePurchase
from usher.roster.models import Licence


@needs(Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """For the connection with this key."""
    connection = get_object_or_404(Connection, pk=pk)
    posted = request.POST or None
    form = ContractForm(connection, posted)
    seats = PurchaseForm(posted, licence=Licence.MEMBER)
    view_only = PurchaseForm(posted, licence=Licence.VIEW_ONLY, required=False)
    refusal = None
    are_valid = [each.is_valid() for each in (form, seats, view_only)]
    if request.method == "POST" and all(are_valid):
        purchases = [terms for terms in (seats.terms, view_only.terms) if terms]
        try:
            contract = add_contract(
                connection, form.cleaned_data, form.chosen_workspaces, purchases, actor_of(request)
            )
        except ContractRefused as refused:
            refusal = refused
        else:
            messages.success(request, "The contract has been added. It is where seat prices come from now.")
            return redirect("contracts:contract", contract.pk)
    context = {
        "connection": connection,
        "form": form,
        "seats": seats,
        "view_only": view_only,
        "refusal": refusal,
    }
    is_refused = request.method == "POST"
    return render(request, "contracts/add.html", context, status=422 if is_refused else 200)


@needs(Action.READ, to_change=Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What was agreed: to read for all, to change for those who may."""
    contract = get_object_or_404(Contract.objects.select_related("connection"), pk=pk)
    form = ContractForm(contract.connection, request.POST or None, get_object_or_404(Contract, pk=pk))
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            has_changed = change_contract(
                contract, form.cleaned_data, form.chosen_workspaces, actor_of(request)
            )
        except ContractRefused as refused:
            refusal = refused
        else:
            messages.success(
                request, "The contract has been saved." if has_changed else "Nothing was changed."
            )
            return redirect("contracts:contract", contract.pk)
    return _terms_page(request, contract, form, PurchaseForm(), refusal)


@needs(Action.SETTINGS)
@require_POST
def purchase(request: HttpRequest, pk: int) -> HttpResponse:
    contract = get_object_or_404(Contract.objects.select_related("connection"), pk=pk)
    form = PurchaseForm(request.POST)
    if form.is_valid() and form.terms:
        if record_purchase(contract, form.terms, actor_of(request)):
            messages.success(request, "The purchase has been recorded.")
        else:
            messages.info(request, "Nothing was changed.")
        return redirect("contracts:edit", contract.pk)
    return _terms_page(request, contract, ContractForm(contract.connection, None, contract), form, None)


@needs(Action.SETTINGS)
@require_POST
def purchase_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(LicencePurchase, pk=pk)
    try:
        remove_purchase(found, actor_of(request))
    except ContractRefused as refused:
        messages.error(request, f"{refused.message} {refused.remedy}")
    else:
        messages.success(request, "The purchase has been removed.")
    return redirect("contracts:edit", found.contract_id)


@needs(Action.SETTINGS)
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    contract = get_object_or_404(Contract.objects.select_related("connection"), pk=pk)
    delete_contract(contract, actor_of(request))
    messages.success(request, f"The contract “{contract.name}” has been deleted.")
    return redirect("contracts:savings")


def _terms_page(
    request: HttpRequest,
    contract: Contract,
    form: ContractForm,
    new_purchase: PurchaseForm,
    refusal: ContractRefused | None,
) -> HttpResponse:
    context = {
        "contract": contract,
        "form": form,
        "new_purchase": new_purchase,
        "purchases": contract.purchases.order_by("licence", "-valid_from"),
        "covered": contract.workspaces.all(),
        "refusal": refusal,
    }
    is_refused = bool(refusal or form.errors or new_purchase.errors)
    return render(request, "contracts/terms.html", context, status=422 if is_refused else 200)
