"""The filters of the list of licences to pause."""

import django_filters
from django.db.models import Count, QuerySet

from usher.removal.models import LicencePause
from usher.removal.pages.connection_filter import connection_filter
from usher.removal.pauses.states import IN_STATE, OPEN_PAUSES, PauseState
from usher.web.lists import ListFilter, every_word

OPEN, ALL = "", "all"


class PausesFilter(ListFilter):
    """Shows all that are open if the address asks for no state: to pause, ticked, and paused."""

    q = django_filters.CharFilter(method="search", label="Name or e-mail")
    connection = connection_filter()
    show = django_filters.ChoiceFilter(
        choices=[*PauseState.choices, (ALL, "All")], method="in_state", label="State"
    )

    class Meta:
        model = LicencePause
        fields: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        name = self.data.get("show", "")
        return name if name in (*PauseState.values, ALL) else OPEN

    def filter_queryset(self, queryset: QuerySet[LicencePause]) -> QuerySet[LicencePause]:
        pauses: QuerySet[LicencePause] = super().filter_queryset(queryset)
        return pauses.filter(OPEN_PAUSES) if self.shown == OPEN else pauses

    def search(self, pauses: QuerySet[LicencePause], name: str, text: str) -> QuerySet[LicencePause]:
        return pauses.filter(every_word(text, "membership__person__name", "membership__person__email"))

    def in_state(self, pauses: QuerySet[LicencePause], name: str, value: str) -> QuerySet[LicencePause]:
        return pauses if value == ALL else pauses.filter(IN_STATE[PauseState(value)])

    def counts(self) -> list[tuple[str, str, int]]:
        """Of each state that can be chosen: its value, its label, and how many there are."""
        states = {state.value: Count("pk", filter=condition) for state, condition in IN_STATE.items()}
        found = self.queryset.order_by().aggregate(
            **states, open_ones=Count("pk", filter=OPEN_PAUSES), every=Count("pk")
        )
        return [
            (OPEN, "Open", found["open_ones"]),
            *((state.value, str(state.label), found[state.value]) for state in PauseState),
            (ALL, "All", found["every"]),
        ]
