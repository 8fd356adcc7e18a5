"""The table of the trail."""

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.access.models import TrailEntry
from usher.access.trail.kinds import badge_of_kind
from usher.web.templatetags.components import badge_html, when


class TrailTable(tables.Table):
    at = tables.Column(verbose_name="When", order_by="id")  # both have the same order
    kind = tables.Column(verbose_name="What", order_by=("kind", "id"))
    who = tables.Column(order_by=("who", "id"), empty_values=())
    address = tables.Column(verbose_name="From", order_by=("address", "id"), empty_values=())
    about = tables.Column(orderable=False, attrs={"td": {"class": "wide-cell"}})

    caption = "Trail"
    empty_title = "No entries match these filters"
    empty_icon = "search"
    filter_form = "filters"

    class Meta:
        model = TrailEntry
        empty_text = "Remove a filter, or clear all of them."
        fields = ("at", "kind", "who", "address", "about")
        order_by = ("-at",)

    def render_at(self, record: TrailEntry) -> SafeString:
        return when(record.at, style="full")

    def render_kind(self, record: TrailEntry) -> SafeString:
        return badge_html(badge_of_kind(record.kind))

    def render_who(self, record: TrailEntry) -> str:
        return record.who or "Nobody signed in"

    def render_address(self, record: TrailEntry) -> SafeString:
        agent = record.agent
        short = agent if len(agent) <= 60 else f"{agent[:60]}…"
        return format_html(
            '{}<br><span class="text-secondary text-break" title="{}">{}</span>',
            record.address or "—",
            agent,
            short,
        )
