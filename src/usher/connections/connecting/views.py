"""The pages of Connect: the dialog, the way to Asana's consent page, and back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from usher.access.acting import actor_of
from usher.access.roles import Action, needs, require_all_connections, signed_in
from usher.asana import OAuthError, refusal_in
from usher.connections import jobs
from usher.connections.connecting.by_consent import (
    begin_oauth,
    check_before_consent,
    finish_oauth,
    take_attempt,
)
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import CannotConnect
from usher.connections.forms import CodeForm, ConnectForm
from usher.connections.models import ConnectAttempt, Connection
from usher.connections.oauth_app import oauth_app, redirect_is_possible


@needs(Action.CONNECT, asks_early=True)
@require_http_methods(["GET", "POST"])
def connect(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Connect, or Reconnect with `pk`. A dialog for htmx, a page without it."""
    if pk is None:
        require_all_connections(signed_in(request), Action.CONNECT)  # a new one is in nobody's limited scope
    reconnects = get_object_or_404(Connection, pk=pk) if pk else None
    form = ConnectForm(request.POST or None, reconnects=reconnects)
    if request.method == "POST" and form.is_valid():
        try:
            return _redirect(request, _next_step(request, form))
        except CannotConnect as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    is_dialog = bool(request.headers.get("HX-Request"))
    return render(
        request,
        "connections/_connect_form.html" if is_dialog else "connections/connect.html",
        {
            "form": form,
            "reconnects": reconnects,
            "has_app": oauth_app() is not None,
            "redirect_is_possible": redirect_is_possible(),
        },
    )


def _next_step(request: HttpRequest, form: ConnectForm) -> str:
    settings = form.connection_settings()
    if form.cleaned_data["way"] == "token":
        connection = connect_with_token(settings, form.cleaned_data["token"], actor_of(request))
        return _connected(request, connection)
    check_before_consent(settings)
    attempt, consent_page = begin_oauth(settings, signed_in(request).pk, _session_key(request))
    if redirect_is_possible():
        return consent_page
    request.session[f"consent-{attempt.pk}"] = consent_page
    return reverse("connections:code", args=[attempt.pk])


@needs(Action.CONNECT)
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest, pk: int) -> HttpResponse:
    """A form for the code that Asana shows when Usher has no https address to redirect to."""
    attempt = ConnectAttempt.objects.filter(pk=pk, session_key=_session_key(request)).first()
    if attempt is None:
        messages.error(request, "This attempt to connect has expired. Start Connect again.")
        return redirect("connections:list")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        request.session.pop(f"consent-{pk}", None)
        return _finish(request, form.cleaned_data["code"], attempt_id=pk)
    context = {"form": form, "attempt": attempt, "consent_page": request.session.get(f"consent-{pk}", "")}
    return render(request, "connections/code.html", context)


@needs(Action.CONNECT)
@require_GET
def oauth_return(request: HttpRequest) -> HttpResponse:
    """Where Asana's consent page redirects to."""
    refusal = refusal_in(request.GET.dict())
    if refusal is not None:
        return _refused(request, refusal)
    return _finish(request, request.GET.get("code", ""), state=request.GET.get("state", ""))


def _finish(
    request: HttpRequest, code: str, *, state: str = "", attempt_id: int | None = None
) -> HttpResponse:
    try:
        attempt = take_attempt(_session_key(request), state=state, attempt_id=attempt_id)
        connection = finish_oauth(attempt, code, actor_of(request))
    except CannotConnect as error:
        messages.error(request, f"{error} Nothing was connected.")
        return redirect("connections:list")
    return redirect(_connected(request, connection))


def _refused(request: HttpRequest, refusal: OAuthError) -> HttpResponse:
    try:
        # A return that was not started here could put an attacker's words on the page.
        take_attempt(_session_key(request), state=request.GET.get("state", ""))
    except CannotConnect as error:
        messages.error(request, f"{error} Nothing was connected.")
    else:
        messages.error(request, f"{refusal} {refusal.remedy} Nothing was connected.")
    return redirect("connections:list")


def _connected(request: HttpRequest, connection: Connection) -> str:
    jobs.start_test(connection)
    messages.success(request, f"Connected as {connection.asana_user_name}.")
    return reverse("connections:test", args=[connection.pk])


def _redirect(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if request.headers.get("HX-Request") else redirect(url)


def _session_key(request: HttpRequest) -> str:
    key = request.session.session_key
    assert key is not None  # signed-in users have a session
    return key
