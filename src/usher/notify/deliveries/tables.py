"""The table of deliveries."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.notify.kinds import KINDS
from usher.notify.models import Delivery
from usher.web.cells import badge_cell
from usher.web.templatetags.components import when


class DeliveriesTable(tables.Table):
    told = tables.Column(verbose_name="When", accessor="notice__told_at", order_by=("id",))
    kind = tables.Column(verbose_name="What", accessor="notice__kind", order_by=("notice__kind", "id"))
    receiver = tables.Column(order_by=("address", "id"), empty_values=())
    state = tables.Column(order_by=("state", "id"))
    problem = tables.Column(
        verbose_name="Last problem", orderable=False, attrs={"td": {"class": "wide-cell"}}
    )

    caption = "Sent notices"
    empty_title = "No notices match these filters"
    empty_icon = "search"
    filter_form = "filters"

    class Meta:
        model = Delivery
        empty_text = "Remove a filter, or clear all of them."
        fields = ("told", "kind", "receiver", "state", "problem")
        order_by = ("-told",)

    def render_told(self, record: Delivery) -> SafeString:
        return when(record.notice.told_at, style="full")

    def render_kind(self, record: Delivery) -> SafeString:
        url = reverse("notify:delivery", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, KINDS[record.notice.kind].label)

    def render_receiver(self, record: Delivery) -> SafeString:
        way = record.destination.name if record.destination and record.address else record.way
        return format_html(
            '<span class="text-break">{}</span><br><span class="text-secondary">{}</span>',
            record.receiver,
            way,
        )

    def render_state(self, record: Delivery) -> SafeString:
        if record.state != Delivery.State.WAITING or not record.attempts:
            return badge_cell("delivery", record.state)
        return format_html(
            '{}<br><span class="text-secondary">again {}</span>',
            badge_cell("delivery", record.state),
            when(record.next_attempt_at),
        )
