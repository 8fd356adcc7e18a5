"""The table of the ledger, and the values that an entry changed."""

import json
from dataclasses import dataclass

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.ledger.chain import JSON
from usher.ledger.models import Entry
from usher.ledger.words import KINDS, action_badge
from usher.web.templatetags.components import badge_html, when


class LedgerTable(tables.Table):
    number = tables.Column(verbose_name="No.")
    at = tables.Column(verbose_name="When", order_by="number")  # both have the same order
    action = tables.Column(order_by=("action", "number"))
    subject = tables.Column(verbose_name="About", orderable=False)
    actor_name = tables.Column(verbose_name="Who", order_by=("actor_name", "number"))

    caption = "Ledger"
    empty_title = "No entries match these filters"
    empty_icon = "search"
    filter_form = "filters"

    class Meta:
        model = Entry
        attrs = {"class": "ledger-table"}
        empty_text = "Remove a filter, or clear all of them."
        fields = ("number", "at", "action", "subject", "actor_name")
        order_by = ("-number",)

    def render_number(self, record: Entry) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("ledger:entry", args=[record.pk]), record.number)

    def render_at(self, record: Entry) -> SafeString:
        return when(record.at, style="full")

    def render_action(self, record: Entry) -> SafeString:
        return badge_html(action_badge(record.action))

    def render_subject(self, record: Entry) -> SafeString:
        if not record.reason:
            return format_html("{}", record.subject)
        return format_html('{}<br><span class="text-secondary">{}</span>', record.subject, record.reason)

    def render_actor_name(self, record: Entry) -> SafeString:
        how = record.via or KINDS.get(record.actor_kind, record.actor_kind)
        return format_html('{}<br><span class="text-secondary">{}</span>', record.actor_name, how)


@dataclass(frozen=True)
class ValueChange:
    """One value before and after; "—" for no value."""

    name: str
    before: str
    after: str


def differences(entry: Entry) -> list[ValueChange]:
    before, after = _named(entry.before), _named(entry.after)
    return [
        ValueChange(name.replace("_", " ").capitalize(), _told(before.get(name)), _told(after.get(name)))
        for name in dict.fromkeys([*before, *after])
    ]


def _named(value: JSON) -> dict[str, JSON]:
    if value is None:
        return {}
    return value if isinstance(value, dict) else {"value": value}


def _told(value: JSON) -> str:
    match value:
        case None | "":
            return "—"
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list() if all(isinstance(item, str | int) for item in value):
            return ", ".join(map(str, value)) or "none"
        case _:
            return json.dumps(value, ensure_ascii=False)
