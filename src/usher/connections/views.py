"""The pages of connected accounts."""

from django.contrib import messages
from django.db.models import Count, F
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.connections import jobs, sync
from usher.connections.attention import NothingAsked, check_asked, needing_attention
from usher.connections.connecting.change import change
from usher.connections.connecting.settings import CannotConnect
from usher.connections.disconnect import disconnect
from usher.connections.forms import AsanaAppForm, ChangeForm, DisconnectForm
from usher.connections.models import (
    Connection,
    ConnectionState,
    ConnectionTest,
    Mode,
    SyncRun,
    with_open_runs,
)
from usher.connections.oauth_app import (
    is_set_by_environment,
    oauth_app,
    redirect_is_possible,
    redirect_url,
    store_app,
    stored_client_id,
)
from usher.platform.locks import Lock, is_free
from usher.web.lists import every_word, page_of

RUNS_SHOWN = 20
CONNECTIONS_A_PAGE = 50


@require_GET
def connection_list(request: HttpRequest) -> HttpResponse:
    """All connections, those that need attention (`?state=attention`), or those with such a name (`?q=`)."""
    only_attention = request.GET.get("state") == ConnectionState.ATTENTION
    words = request.GET.get("q", "").strip()
    shown = needing_attention() if only_attention else Connection.objects.all()
    shown = shown.filter(every_word(words, "name"))
    connections = (
        with_open_runs(shown)
        .annotate(workspace_count=Count("workspaces"))
        .order_by(F("disconnected_at").asc(nulls_first=True), Lower("name"))
    )
    return render(
        request,
        "connections/list.html",
        {
            "page": page_of(request, connections, CONNECTIONS_A_PAGE),
            "only_attention": only_attention,
            "words": words,
            "has_app": oauth_app() is not None,
        },
    )


@require_GET
def list_row(request: HttpRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection.objects.annotate(workspace_count=Count("workspaces")), pk=pk)
    return render(request, "connections/_row.html", {"connection": connection})


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection, pk=pk)
    return render(request, "connections/detail.html", _health(connection))


@require_GET
def health(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes while a sync runs."""
    return render(request, "connections/_health.html", _health(get_object_or_404(Connection, pk=pk)))


def _health(connection: Connection) -> dict[str, object]:
    runs = list(connection.runs.all()[:RUNS_SHOWN])
    is_running = any(run.state == SyncRun.State.RUNNING for run in runs)
    return {
        "is_interrupted": is_running and is_free(Lock.SYNC.of(connection.pk)),
        "connection": connection,
        "state": connection.state,
        "open_run": next((run for run in runs if run.is_open), None),
        "asking": runs[0] if runs and runs[0].state == SyncRun.State.ASKING else None,
        "runs": runs,
        "workspaces": connection.workspaces.all(),
        "last_test": connection.tests.first(),
    }


@needs(Action.SYNC)
@require_POST
def start_sync(request: HttpRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection, pk=pk, disconnected_at=None)
    jobs.start_sync(connection, SyncRun.Trigger.PERSON)
    return redirect("connections:detail", pk)


@needs(Action.SYNC)
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Stores whether the people who disappeared at once really left."""
    connection = get_object_or_404(Connection, pk=pk, disconnected_at=None)
    try:
        check_asked(connection)
    except NothingAsked as refused:
        messages.info(request, refused.message)
        return redirect("connections:detail", pk)
    if request.POST.get("left") == "yes":
        jobs.start_sync(connection, SyncRun.Trigger.PERSON, accepted_by=actor_of(request))
        messages.info(request, "The sync that has just started records that they left.")
    else:
        sync.decline(connection, actor_of(request))
        messages.info(request, "Everyone was kept. The next sync checks again.")
    return redirect("connections:detail", pk)


@needs(Action.READ, to_change=Action.SYNC)
@require_http_methods(["GET", "POST"])
def test(request: HttpRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection, pk=pk, disconnected_at=None)
    if request.method == "POST":
        jobs.start_test(connection)
        return redirect("connections:test", pk)
    return render(request, "connections/test.html", _test(connection, connection.tests.first()))


@require_GET
def test_checks(request: HttpRequest, pk: int, test_pk: int) -> HttpResponse:
    """The checks so far. The page asks again until the test has finished."""
    test = get_object_or_404(ConnectionTest.objects.select_related("connection"), pk=test_pk, connection=pk)
    return render(request, "connections/_checks.html", _test(test.connection, test))


def _test(connection: Connection, test: ConnectionTest | None) -> dict[str, object]:
    failed = test is not None and any(check["outcome"] == "failed" for check in test.checks)
    return {"connection": connection, "test": test, "failed": failed}


@needs(Action.CONNECT, asks_early=True)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection, pk=pk, disconnected_at=None)
    form = ChangeForm(connection, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change(
                connection,
                form.connection_settings(),
                actor_of(request),
                keep_service_token=form.keeps_service_token,
                sync_at=form.cleaned_data["sync_at"],
                time_zone=form.cleaned_data["time_zone"],
                holiday_calendar=form.cleaned_data["holiday_calendar"],
                requires_sso=form.cleaned_data["requires_sso"],
            )
        except CannotConnect as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            jobs.start_test(connection)
            messages.success(request, "The connection is changed. Usher tests it now.")
            return redirect("connections:test", pk)
    return render(request, "connections/edit.html", {"connection": connection, "form": form})


@needs(Action.CONNECT)
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Disconnects, or deletes the data of a disconnected account."""
    connection = get_object_or_404(Connection, pk=pk)
    form = DisconnectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = connection.name
        result = disconnect(connection, actor_of(request), delete_data=form.cleaned_data["what"] == "delete")
        also = " and its data is deleted" if result.data_is_deleted else ""
        messages.success(request, f"“{name}” is disconnected{also}.")
        for todo in result.to_do:
            messages.warning(request, todo)
        return redirect("connections:list")
    return render(request, "connections/disconnect.html", {"connection": connection, "form": form})


@needs(Action.CONNECT, asks_early=True, of_all_connections=True)
@require_http_methods(["GET", "POST"])
def app_settings(request: HttpRequest) -> HttpResponse:
    """The customer's own OAuth app, and how to register it."""
    stored = stored_client_id()
    form = AsanaAppForm(request.POST or None, initial={"client_id": stored})
    if request.method == "POST" and not is_set_by_environment() and form.is_valid():
        given = form.cleaned_data
        store_app(given["client_id"].strip(), given["client_secret"].strip(), actor_of(request))
        messages.success(request, "The OAuth app is set up. Now connect an account.")
        return redirect("connections:list")
    context = {
        "form": form,
        "stored": stored,
        "by_environment": is_set_by_environment(),
        "redirect_url": redirect_url(),
        "redirect_is_possible": redirect_is_possible(),
        "modes": Mode.choices,
    }
    return render(request, "connections/app_settings.html", context)
