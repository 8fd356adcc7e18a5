"""The filters of deliveries. Each is a query parameter, so that a list can be shared as a link."""

from functools import cached_property

from django import forms
from django.http import QueryDict

from usher.notify.deliveries.search import DeliverySearch
from usher.notify.kinds import KINDS
from usher.notify.models import Delivery
from usher.web.lists import FilterForm, select_widget, text_widget

KIND_CHOICES = [("", "Any notice"), *((kind.name, kind.label) for kind in KINDS.values())]
STATE_CHOICES = [("", "Any state"), *((str(state), str(state.label)) for state in Delivery.State)]


class DeliveriesForm(FilterForm):
    receiver = forms.CharField(
        label="Receiver", required=False, max_length=200, widget=text_widget("Address or destination")
    )
    kind = forms.ChoiceField(
        label="Notice", required=False, choices=KIND_CHOICES, widget=select_widget(KIND_CHOICES)
    )
    state = forms.ChoiceField(required=False, choices=STATE_CHOICES, widget=select_widget(STATE_CHOICES))

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        self.is_valid()

    @cached_property
    def search(self) -> DeliverySearch:
        asked = self.cleaned_data
        return DeliverySearch(
            (asked.get("receiver") or "").strip(), asked.get("kind") or "", asked.get("state") or ""
        )
