"""The rows of the table of workspaces. In Python: fifty of them would take a template half of the page's time."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from usher.insights.seats import WorkspaceSeats
from usher.web.templatetags.components import when


def workspace_rows(workspaces: Iterable[tuple[WorkspaceSeats, int]], *, with_connection: bool) -> SafeString:
    """`workspaces`: each with how many never came. `with_connection`: whether there is more than one."""
    people = reverse("people")
    return format_html_join(
        "\n",
        '<tr role="row"><th scope="row" role="rowheader"><a href="{}?workspace={}">{}</a>{}</th>\n{}{}'
        '<td role="cell" data-label="Last read">{}</td></tr>',
        (
            (
                people,
                counted.workspace.pk,
                counted.workspace.name,
                _left_out(counted),
                _connection(counted) if with_connection else "",
                _figures(counted, never_came),
                when(counted.workspace.last_walked_at, none="Not yet"),
            )
            for counted, never_came in workspaces
        ),
    )


def _left_out(counted: WorkspaceSeats) -> SafeString | str:
    if not counted.workspace.left_out:
        return ""
    return format_html(
        '<br><span class="text-secondary fw-normal">{}</span>', counted.workspace.get_left_out_display()
    )


def _connection(counted: WorkspaceSeats) -> SafeString:
    connection = counted.workspace.connection
    return format_html(
        '<td role="cell" data-label="Connection"><a href="{}">{}</a></td>\n',
        reverse("connections:detail", args=[connection.pk]),
        connection.name,
    )


def _figures(counted: WorkspaceSeats, never_came: int) -> SafeString:
    figures = (
        ("Active", counted.active),
        ("Seats", counted.seats),
        ("Never came", never_came),
        ("Admins", counted.admins),
        ("Guests", counted.guests),
        ("View-only", counted.view_only),
        ("Not Active", counted.not_active),
    )
    return format_html_join(
        "\n",
        '<td role="cell" data-label="{}" class="text-end{}">{}</td>',
        ((name, "" if figure else " none", f"{figure:,}") for name, figure in figures),
    )
