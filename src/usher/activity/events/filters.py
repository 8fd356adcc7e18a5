"""How the audit log is narrowed down. Every filter is a query parameter, so that a view can be shared."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property

from django import forms
from django.http import QueryDict
from django.utils import timezone

from usher.activity.events.event_types import CATEGORIES, KNOWN
from usher.activity.events.search import EventSearch
from usher.activity.models import EventTypeSeen
from usher.connections.models import Connection
from usher.roster.models import Workspace

CONTEXTS = {
    "web": "Web",
    "desktop": "Desktop app",
    "mobile": "Mobile app",
    "email": "E-mail",
    "api": "API",
    "asana": "Asana itself",
    "asana_support": "Asana support",
}
USES = [("", "Human and automated"), ("human", "Human use"), ("automated", "Automated use")]
LONGEST = 200

Choices = Sequence[tuple[str, str] | tuple[str, Sequence[tuple[str, str]]]]


def _text(placeholder: str = "") -> forms.CharField:
    widget = forms.TextInput(
        attrs={"class": "form-control", "placeholder": placeholder, "autocomplete": "off"}
    )
    return forms.CharField(required=False, max_length=LONGEST, widget=widget)


def _select() -> forms.CharField:
    """Open: a type, category or context that Asana adds can be looked for too."""
    return forms.CharField(
        required=False, max_length=LONGEST, widget=forms.Select(attrs={"class": "form-select"})
    )


def _day() -> forms.DateField:
    return forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
    )


class EventsForm(forms.Form):
    """What cannot be understood in the address is ignored, field by field, and said so."""

    person = _text("Name, e-mail or GID")
    category = _select()
    type = _select()
    since = _day()
    until = _day()
    workspace = forms.ModelChoiceField(
        Workspace.objects.all(),
        required=False,
        empty_label="All workspaces",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    connection = forms.ModelChoiceField(
        Connection.objects.all(),
        required=False,
        empty_label="All connections",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    ip = _text("198.51.100.7")
    context = _select()
    use = forms.ChoiceField(required=False, choices=USES, widget=forms.Select(attrs={"class": "form-select"}))

    def __init__(self, asked: QueryDict, seen: list[EventTypeSeen]) -> None:
        super().__init__(asked)
        kinds: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, category in sorted({(row.event_type, row.category) for row in seen}):
            kinds[category_in_words(category)].append((name, type_in_words(name)))
        for choices in kinds.values():
            choices.sort(key=lambda choice: choice[1].casefold())
        types: Choices = [("", "Any type"), *sorted(kinds.items())]
        categories = CATEGORIES | {
            row.category: category_in_words(row.category) for row in seen if row.category not in CATEGORIES
        }
        self._offer("type", types, type_in_words)
        self._offer("category", [("", "Any category"), *categories.items()], category_in_words)
        self._offer("context", [("", "Any context"), *CONTEXTS.items()], context_in_words)
        self.is_valid()

    def _offer(self, name: str, choices: Choices, words: Callable[[str], str]) -> None:
        """Keeps what the address asks for among the choices, also where nobody foresaw it."""
        asked = self.data.get(name, "")
        groups = [[(first, second)] if isinstance(second, str) else second for first, second in choices]
        is_offered = any(asked == value for group in groups for value, _ in group)
        widget = self.fields[name].widget
        assert isinstance(widget, forms.Select)
        widget.choices = choices if is_offered else [*choices, (asked, words(asked))]

    @cached_property
    def search(self) -> EventSearch:
        asked = self.cleaned_data
        connection, workspace = asked.get("connection"), asked.get("workspace")
        among = [connection.pk] if connection else list(Connection.objects.values_list("pk", flat=True))
        return EventSearch(
            connections=among,
            since=asked.get("since"),
            until=asked.get("until"),
            category=asked.get("category") or "",
            event_type=asked.get("type") or "",
            person=(asked.get("person") or "").strip(),
            workspace=workspace.pk if workspace else None,
            ip_address=asked.get("ip") or "",
            context=asked.get("context") or "",
            automated={"human": False, "automated": True}.get(asked.get("use") or ""),
            zone=timezone.get_current_timezone(),
        )

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.get(name) for name in self.fields)

    @property
    def problem(self) -> str:
        """Which filters could not be understood."""
        return " ".join(
            f"{name.capitalize()}: {' '.join(map(str, errors))}" for name, errors in self.errors.items()
        )

    @property
    def more_open(self) -> bool:
        """Whether a filter is set that stands behind "More filters"."""
        return any(self.data.get(name) for name in ("connection", "ip", "context", "use", "workspace"))


def type_in_words(name: str) -> str:
    known = KNOWN.get(name)
    return known.title if known else name.replace("_", " ").capitalize() or "Without a type"


def category_in_words(name: str) -> str:
    return CATEGORIES.get(name) or name.replace("_", " ").capitalize() or "Without a category"


def context_in_words(name: str) -> str:
    return CONTEXTS.get(name) or name.replace("_", " ").capitalize()


def is_new(event_type: str, category: str) -> bool:
    """Whether Asana has added the type or the category since Usher was made."""
    return event_type not in KNOWN or category not in CATEGORIES
