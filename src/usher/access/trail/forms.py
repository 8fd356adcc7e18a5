"""The filters of the trail. Each is a query parameter, so that a list can be shared as a link."""

from functools import cached_property

from django import forms
from django.http import QueryDict
from django.utils import timezone

from usher.access.trail.kinds import BADGES
from usher.access.trail.search import TrailSearch
from usher.web.lists import FilterForm, day_widget, select_widget, text_widget

LONGEST = 200


class TrailForm(FilterForm):
    """The filters of the trail."""

    who = forms.CharField(required=False, max_length=LONGEST, widget=text_widget("User or IP address"))
    about = forms.CharField(required=False, max_length=LONGEST, widget=text_widget("Page, file or browser"))
    kind = forms.ChoiceField(
        required=False,
        choices=[("", "Anything"), *((str(kind), badge.text) for kind, badge in BADGES.items())],
    )
    since = forms.DateField(required=False, widget=day_widget())
    until = forms.DateField(required=False, widget=day_widget())

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        self.fields["kind"].widget = select_widget(self.fields["kind"].choices)  # type: ignore[attr-defined]
        self.is_valid()

    @cached_property
    def search(self) -> TrailSearch:
        asked = self.cleaned_data
        return TrailSearch(
            kind=asked.get("kind") or "",
            who=(asked.get("who") or "").strip(),
            about=(asked.get("about") or "").strip(),
            since=asked.get("since"),
            until=asked.get("until"),
            zone=timezone.get_current_timezone(),
        )
