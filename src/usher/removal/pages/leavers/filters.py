"""The filters of the leavers page."""

from collections.abc import Collection
from datetime import date

import django_filters
from django.db.models import QuerySet

from usher.directory.models import Standing
from usher.removal.leavers.figures import TAB_CONDITIONS, LeaverTab
from usher.removal.leavers.query import standings_of_leavers
from usher.removal.pages.connection_filter import connection_filter
from usher.roster.models import Person
from usher.roster.query import has_words
from usher.web.lists import ListFilter


class LeaversFilter(ListFilter):
    """For the query `leavers`."""

    q = django_filters.CharFilter(method="search", label="Name or e-mail")
    connection = connection_filter()
    show = django_filters.ChoiceFilter(choices=LeaverTab.choices, method="in_tab", label="Show")

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()

    def search(self, people: QuerySet[Person], name: str, text: str) -> QuerySet[Person]:
        """Every word must occur in the name or the e-mail."""
        return people.filter(has_words(text, "standing__words"))

    def standings(self, today: date, in_cases: Collection[int]) -> QuerySet[Standing] | None:
        """Of the people whom the filters find, in the order of their names; None where it takes more to find them."""
        if self.form.errors:
            return None
        asked = self.form.cleaned_data
        match asked["show"]:
            case "":
                found = standings_of_leavers(today, in_cases=in_cases)
            case LeaverTab.LEFT | LeaverTab.LEAVING as tab:
                found = standings_of_leavers(today, [tab])
            case _:
                return None
        if asked["connection"]:
            found = found.filter(connection=asked["connection"])
        return found.filter(has_words(asked["q"], "words"))

    def in_tab(self, people: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return people.filter(TAB_CONDITIONS[LeaverTab(value)])
