"""The table of people who may be leavers."""

from collections.abc import Mapping
from datetime import date

import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.directory.employment.tables import GroupTable
from usher.directory.models import Match, Standing


class PossibleLeaversTable(GroupTable):
    """`reasons`: by the person's key; `proposed`: the people who have a proposed match."""

    why = tables.Column(empty_values=(), orderable=False, verbose_name="Why")
    decide = tables.Column(empty_values=(), orderable=False, verbose_name="Decide")

    caption = "People who may be leavers"
    empty_title = "Nobody"

    class Meta(GroupTable.Meta):
        empty_text = "No proposed match, no other source and no list says that anybody else may have left."
        fields = ("name", "why", "decide", "role", "seat", "last_used", "connection")
        sequence = fields
        exclude = ("employment", "source")

    def __init__(self, people: QuerySet[Standing], today: date) -> None:
        self.reasons: Mapping[int, str] = {}
        self.proposed: set[int] = set()
        super().__init__(people, today, is_filtered=True)  # they are few, and named one by one

    def explain(self, reasons: Mapping[int, str]) -> None:
        """For the rows of the page that is shown."""
        self.reasons = reasons
        proposals = Match.objects.filter(person__in=reasons, state=Match.State.PROPOSED)
        self.proposed = set(proposals.values_list("person", flat=True))

    def render_why(self, record: Standing) -> str:
        return self.reasons.get(record.pk, "")

    def render_decide(self, record: Standing) -> SafeString:
        if record.pk in self.proposed:
            return format_html('<a href="{}">Review the match</a>', reverse("directory:review"))
        return format_html('<a href="{}">What each source says</a>', reverse("person", args=[record.pk]))
