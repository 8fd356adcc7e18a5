"""Filters of the people of the comparison. Each is a query parameter, so that a view can be shared."""

from collections.abc import Sequence
from datetime import datetime

from django import forms
from django.http import QueryDict

from usher.connections.models import Connection
from usher.insights.reconciliation.exports import NewestExport
from usher.insights.reconciliation.kinds import Activity, Presence, PresenceGroup
from usher.insights.reconciliation.people import ReconciledPeople
from usher.insights.reconciliation.words import OF_ACTIVITY, OF_PRESENCE, DifferenceWords
from usher.web.lists import FilterForm, select_widget, text_widget

LONGEST = 200
SHOWN = [*PresenceGroup.choices, *Presence.choices]
GROUPED = [
    ("", "Everybody"),
    ("Together", PresenceGroup.choices),
    ("In the file", [each for each in Presence.choices if each[0] in PresenceGroup.IN_FILE.presences]),
    ("Not in the file", [each for each in Presence.choices if each[0] in PresenceGroup.ONLY_USHER.presences]),
]


class ReconciledPeopleForm(FilterForm):
    """A field that cannot be read filters nothing; the page names it."""

    q = forms.CharField(
        required=False, max_length=LONGEST, widget=text_widget("Name or e-mail"), label="Name or e-mail"
    )
    show = forms.ChoiceField(
        required=False, choices=[("", "Everybody"), *SHOWN], widget=select_widget(), label="Where they are"
    )
    activity = forms.ChoiceField(
        required=False,
        choices=[("", "Any last activity"), *Activity.choices],
        widget=select_widget(),
        label="Last activity",
    )
    connection = forms.ModelChoiceField(
        Connection.objects.all(), required=False, widget=select_widget(), label="Connection"
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        widget = self.fields["show"].widget
        assert isinstance(widget, forms.Select)
        widget.choices = GROUPED
        self.is_valid()

    def people(self, exports: Sequence[NewestExport], now: datetime) -> ReconciledPeople:
        activity = self.cleaned_data.get("activity")
        return ReconciledPeople(
            exports,
            now,
            _presences(self.cleaned_data.get("show") or ""),
            Activity(activity) if activity else None,
            self.cleaned_data.get("q") or "",
        )

    @property
    def words(self) -> list[DifferenceWords]:
        """What to know of those who are shown, where all of them are of one kind."""
        show, activity = self.cleaned_data.get("show"), self.cleaned_data.get("activity")
        of_presence = [OF_PRESENCE[Presence(show)]] if show in Presence.values else []
        return of_presence + ([OF_ACTIVITY[Activity(activity)]] if activity else [])

    @property
    def has_filters(self) -> bool:
        """Beside the connection, of which there is always one."""
        return any(self.cleaned_data.get(name) for name in ("q", "show", "activity"))


def _presences(show: str) -> frozenset[Presence]:
    if show in PresenceGroup.values:
        return PresenceGroup(show).presences
    return frozenset([Presence(show)]) if show else frozenset()
