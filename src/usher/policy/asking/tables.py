"""The table of questions."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.policy.models import SeatQuestion
from usher.web.cells import badge_cell
from usher.web.templatetags.components import when


class QuestionsTable(tables.Table):
    """Whom a rule has asked, and what they answered."""

    name = tables.Column(verbose_name="About", order_by=("name", "pk"))
    address = tables.Column(verbose_name="Asked", attrs={"td": {"class": "wide-cell"}})
    state = tables.Column(verbose_name="Answer")
    asked_at = tables.Column(verbose_name="When", order_by=("asked_at", "pk"))
    why = tables.Column(verbose_name="Said", empty_values=(), attrs={"td": {"class": "wide-cell"}})
    case = tables.Column(empty_values=(), attrs={"td": {"class": "text-nowrap"}})

    caption = "Questions"
    empty_title = "Nobody has been asked"
    empty_icon = "mail"

    class Meta:
        model = SeatQuestion
        empty_text = "People are asked at working time, once the rule acts."
        fields = ("name", "address", "state", "asked_at", "why", "case")
        order_by = ("-asked_at",)

    def render_name(self, record: SeatQuestion) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("person", args=[record.person_id]), record.name)

    def render_address(self, record: SeatQuestion) -> str:
        return f"{record.address} (manager)" if record.is_to_manager else record.address

    def render_state(self, record: SeatQuestion) -> SafeString:
        return badge_cell("seat_question", record.state)

    def render_asked_at(self, record: SeatQuestion) -> SafeString:
        return when(record.asked_at, style="date")

    def render_why(self, record: SeatQuestion) -> str:
        return " ".join(filter(None, (record.why, record.problem))) or "—"

    def render_case(self, record: SeatQuestion) -> SafeString | str:
        if record.case_id is None:
            return "—"
        return format_html(
            '<a href="{}">Case {}</a>', reverse("removal:case", args=[record.case_id]), record.case_id
        )
