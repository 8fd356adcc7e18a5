"""The filters of the leavers page."""

import django_filters
from django.db.models import QuerySet

from usher.removal.leavers.figures import TAB_CONDITIONS, LeaverTab
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

    def in_tab(self, people: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        return people.filter(TAB_CONDITIONS[LeaverTab(value)])
