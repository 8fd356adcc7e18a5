"""The filters of the ledger. Each is a query parameter, so that a list can be shared as a link."""

from collections import defaultdict
from functools import cached_property

from django import forms
from django.http import QueryDict
from django.utils import timezone

from usher.ledger.models import Entry
from usher.ledger.search import LedgerSearch
from usher.ledger.words import action_badge, area_in_words
from usher.web.lists import FilterForm, day_widget, select_widget, text_widget

LONGEST = 200


def _text(placeholder: str) -> forms.CharField:
    return forms.CharField(required=False, max_length=LONGEST, widget=text_widget(placeholder))


def _day() -> forms.DateField:
    return forms.DateField(required=False, widget=day_widget())


class LedgerForm(FilterForm):
    """The filters of the ledger."""

    about = _text("Person, object or reason")
    who = _text("Done by")
    action = forms.CharField(required=False, max_length=LONGEST)
    since = _day()
    until = _day()

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        self.fields["action"].widget = select_widget(_actions(asked.get("action", "")))
        self.is_valid()

    @cached_property
    def search(self) -> LedgerSearch:
        asked = self.cleaned_data
        return LedgerSearch(
            action=asked.get("action") or "",
            who=(asked.get("who") or "").strip(),
            about=(asked.get("about") or "").strip(),
            since=asked.get("since"),
            until=asked.get("until"),
            zone=timezone.get_current_timezone(),
        )


def _actions(asked: str) -> list[tuple[str, str | list[tuple[str, str]]]]:
    """The actions that occur in the ledger, by area, and the requested one even if it does not occur."""
    by_area: dict[str, list[str]] = defaultdict(list)
    for action in Entry.objects.order_by("action").values_list("action", flat=True).distinct():
        by_area[action.partition(".")[0]].append(action)
    choices: list[tuple[str, str | list[tuple[str, str]]]] = [("", "Any action")]
    for area, actions in by_area.items():
        every = (f"{area}.", f"{area_in_words(area)}: all")
        choices.append((area_in_words(area), [every, *((a, action_badge(a).text) for a in actions)]))
    offered = {"", *(f"{area}." for area in by_area), *(a for some in by_area.values() for a in some)}
    if asked not in offered:
        choices.append((asked, action_badge(asked).text))
    return choices
