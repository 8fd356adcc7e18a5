"""A page with every component on it, and its addresses: for looking at, and for the browser test."""

from datetime import timedelta
from pathlib import Path

import django_tables2 as tables
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html

from usher.config.urls import handler400, handler403, handler404, handler500  # noqa: F401
from usher.config.urls import urlpatterns as real

NAMES = ["Ada Lovelace", "José Álvarez", "김민수", "Анна Каренина", "王小明", "Zoë Quinn", "أحمد علي"]
PEOPLE = [
    {
        "name": NAMES[number % len(NAMES)] + (f" {number}" if number >= len(NAMES) else ""),
        "email": f"person{number}@example.com",
        "role": ["admin", "member", "guest"][number % 3],
        "licence": ["member", "guest", "view_only"][number % 3],
        "status": "active" if number % 5 else "not_active",
        "workspace": "Northwind Traders" if number % 2 else "Design",
        "since": timezone.now() - timedelta(days=number * 3),
    }
    for number in range(1, 2001)
]


class PeopleTable(tables.Table):
    name = tables.TemplateColumn("{% person record.name record.email url='#' %}", verbose_name="Person")
    role = tables.TemplateColumn("{% badge 'role' record.role %}")
    licence = tables.TemplateColumn("{% badge 'licence' record.licence %}")
    status = tables.TemplateColumn("{% badge 'status' record.status %}")
    workspace = tables.Column()
    since = tables.TemplateColumn("{% when record.since style='date' %}")
    note = tables.Column(empty_values=(), orderable=False)

    caption = "People"
    empty_title = "No people match"

    class Meta:
        empty_text = "Loosen the filter, or wait for the next sync."

    def render_note(self, record: dict[str, str]) -> str:
        return format_html("<em>{}</em>", record["status"])


def table(request: HttpRequest) -> PeopleTable:
    wanted = request.GET.get("q", "")
    shown = PeopleTable([person for person in PEOPLE if wanted in person["email"]], request=request)
    tables.RequestConfig(request, paginate={"per_page": 50}).configure(shown)
    return shown


WEEKS = [f"W{week}" for week in range(1, 13)]
CHARTS = {
    "line": {
        "categories": WEEKS,
        "series": [
            {"name": "Admins", "values": [3, 3, 4, 4, None, None, 5, 5, 5, 6, 6, 6]},
            {"name": "Members", "values": [40, 42, 45, 47, None, None, 51, 55, 58, 61, 64, 66]},
            {"name": "Guests", "values": [12, 12, 13, 15, None, 18, None, 20, 19, 19, 21, 24]},
        ],
    },
    "area": {
        "categories": WEEKS,
        "series": [
            {"name": "Member", "values": [40, 42, 45, 47, 48, 50, 51, 55, 58, 61, 64, 66]},
            {"name": "View-only", "values": [4, 4, 4, 5, 5, 7, 7, 7, 9, 9, 12, 12]},
            {"name": "Guest", "values": [12, 12, 13, 15, 16, 18, 19, 20, 19, 19, 21, 24]},
        ],
    },
    "bar": {
        "categories": WEEKS,
        "series": [
            {"name": "Joined", "values": [5, 2, 3, 8, 1, 0, 4, 6, 3, 3, 3, 2], "color": "teal"},
            {"name": "Left", "values": [1, 0, 2, 1, 1, 3, 0, 0, 2, 1, 0, 4], "color": "red"},
        ],
        "unit": "people",
    },
    "stacked": {
        "categories": ["Northwind Traders", "Design", "Ops"],
        "series": [
            {"name": name, "values": [40 - 4 * at, 30 - 3 * at, 12]}
            for at, name in enumerate(["A", "B", "C", "D", "E", "F", "G", "H"])
        ],
        "stacked": True,
    },
    "donut": {
        "categories": ["Member", "Guest", "View-only", "Paused"],
        "series": [{"name": "Seats", "values": [66, 24, 12, 3]}],
        "unit": "seats",
    },
    "nothing": {"categories": ["a"], "series": [{"name": "x", "values": [None]}]},
}

PAGE = Path(__file__).with_suffix(".html").read_text()


@login_not_required
def style(request: HttpRequest) -> HttpResponse:
    from usher.web.badges import BADGES

    if "messages" in request.GET:
        for level in ("success", "info", "warning", "error"):
            getattr(messages, level)(request, f"This is a message of level {level}.")
    now = timezone.now()
    context = {
        "badges": BADGES,
        "charts": CHARTS,
        "now": now,
        "hours_ago": now - timedelta(hours=3),
        "last_year": now - timedelta(days=400),
        "long": timedelta(hours=1, minutes=5, seconds=3),
        "table": table(request),
    }
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


@login_not_required
def swap(request: HttpRequest) -> HttpResponse:
    page = '{% chart "swapped-chart" "Swapped in" "bar" data %}'
    return HttpResponse(engines["django"].from_string(page).render({"data": CHARTS["bar"]}, request))


@login_not_required
def only_table(request: HttpRequest) -> HttpResponse:
    page = "{% load django_tables2 %}{% render_table table %}"
    return HttpResponse(engines["django"].from_string(page).render({"table": table(request)}, request))


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


@login_not_required
def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("Only administrators may connect Asana.")


def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse("for those who signed in")


urlpatterns = [
    path("style/", style),
    path("swap/", swap),
    path("table/", only_table),
    path("broken/", broken),
    path("forbidden/", forbidden),
    path("private/", private, name="private"),
    *real,
]
