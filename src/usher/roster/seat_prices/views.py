"""The page of seat prices."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.connections.models import Connection
from usher.roster.models import SeatPrice
from usher.roster.seat_prices.change import set_price
from usher.roster.seat_prices.forms import PriceForm


@needs(Action.READ, to_change=Action.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def prices(request: HttpRequest) -> HttpResponse:
    stored = {price.connection_id: price for price in SeatPrice.objects.all()}
    connections = list(Connection.objects.filter(disconnected_at=None))
    of_contracts = {
        connection.pk
        for connection in connections
        if (price := stored.get(connection.pk)) and price.is_from_contract
    }
    shown = [
        PriceForm(
            connection,
            stored.get(connection.pk),
            None if connection.pk in of_contracts else request.POST or None,
        )
        for connection in connections
    ]
    forms = [form for form in shown if form.connection.pk not in of_contracts]
    are_valid = [form.is_valid() for form in forms]  # checks every form, so that each shows its errors
    if request.method == "POST" and all(are_valid):
        actor = actor_of(request)
        entered = [(form.connection, form.cleaned_data) for form in forms]
        changed = [set_price(one, price["amount"], price["currency"], actor) for one, price in entered]
        messages.success(request, "The prices have been saved." if any(changed) else "Nothing was changed.")
        return redirect("roster:prices")
    status = 422 if any(form.errors for form in forms) else 200
    return render(
        request, "roster/seat_prices.html", {"forms": shown, "of_contracts": of_contracts}, status=status
    )
