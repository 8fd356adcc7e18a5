"""Filters of the audit log. Each is a query parameter, so that a view can be shared."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property

from django import forms
from django.http import QueryDict
from django.utils import timezone

from usher.activity.events.event_types import CATEGORIES
from usher.activity.events.labels import CONTEXTS, category_in_words, context_in_words, type_in_words
from usher.activity.events.search import EventSearch
from usher.activity.models import EventTypeSeen
from usher.connections.models import Connection
from usher.roster.models import Workspace
from usher.web.lists import FilterForm, day_widget, select_widget, text_widget

USES = [("", "Human and automated"), ("human", "Human use"), ("automated", "Automated use")]
LONGEST = 200

Choices = Sequence[tuple[str, str] | tuple[str, Sequence[tuple[str, str]]]]


def _text(placeholder: str = "") -> forms.CharField:
    return forms.CharField(required=False, max_length=LONGEST, widget=text_widget(placeholder))


def _select(label: str | None = None) -> forms.CharField:
    """Accepts any value, so that one can search for a type, category or context that Asana has added."""
    return forms.CharField(required=False, max_length=LONGEST, widget=select_widget(), label=label)


def _day(label: str) -> forms.DateField:
    return forms.DateField(required=False, widget=day_widget(), label=label)


class EventsForm(FilterForm):
    """A field that cannot be read filters nothing; the page names it."""

    person = _text("Name, e-mail or GID")
    category = _select()
    type = _select()
    since = _day("From")
    until = _day("To")
    workspace = forms.ModelChoiceField(
        Workspace.objects.all(),
        required=False,
        empty_label="All workspaces",
        widget=select_widget(),
    )
    connection = forms.ModelChoiceField(
        Connection.objects.all(),
        required=False,
        empty_label="All connections",
        widget=select_widget(),
    )
    ip = forms.CharField(
        required=False, max_length=LONGEST, widget=text_widget("198.51.100.7"), label="IP address"
    )
    context = _select()
    use = forms.ChoiceField(required=False, choices=USES, widget=select_widget(), label="Usage")

    def __init__(self, data: QueryDict, seen: list[EventTypeSeen]) -> None:
        super().__init__(data)
        by_category: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, category in sorted({(row.event_type, row.category) for row in seen}):
            by_category[category_in_words(category)].append((name, type_in_words(name)))
        for choices in by_category.values():
            choices.sort(key=lambda choice: choice[1].casefold())
        types: Choices = [("", "Any type"), *sorted(by_category.items())]
        categories = CATEGORIES | {
            row.category: category_in_words(row.category) for row in seen if row.category not in CATEGORIES
        }
        self._offer("type", types, type_in_words)
        self._offer("category", [("", "Any category"), *categories.items()], category_in_words)
        self._offer("context", [("", "Any context"), *CONTEXTS.items()], context_in_words)
        self.is_valid()

    def _offer(self, name: str, choices: Choices, words: Callable[[str], str]) -> None:
        """Adds the value in the address to the choices if it is not among them."""
        requested = self.data.get(name, "")
        groups = [[(first, second)] if isinstance(second, str) else second for first, second in choices]
        is_offered = any(requested == value for group in groups for value, _ in group)
        widget = self.fields[name].widget
        assert isinstance(widget, forms.Select)
        widget.choices = choices if is_offered else [*choices, (requested, words(requested))]

    @cached_property
    def search(self) -> EventSearch:
        values = self.cleaned_data
        connection, workspace = values.get("connection"), values.get("workspace")
        among = [connection.pk] if connection else list(Connection.objects.values_list("pk", flat=True))
        return EventSearch(
            connections=among,
            since=values.get("since"),
            until=values.get("until"),
            category=values.get("category") or "",
            event_type=values.get("type") or "",
            person=(values.get("person") or "").strip(),
            workspace=workspace.pk if workspace else None,
            ip_address=values.get("ip") or "",
            context=values.get("context") or "",
            automated={"human": False, "automated": True}.get(values.get("use") or ""),
            zone=timezone.get_current_timezone(),
        )

    @property
    def more_open(self) -> bool:
        """Whether a filter under "More filters" is set."""
        return any(self.data.get(name) for name in ("connection", "ip", "context", "use", "workspace"))
