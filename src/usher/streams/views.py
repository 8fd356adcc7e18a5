"""Settings → Event streams."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.access.scope.change import named_connections
from usher.platform.encryption import SecretUnreadable
from usher.streams.destinations.change import add_stream, change_stream, delete_stream, send_again
from usher.streams.destinations.lag import badge_of, lag_of
from usher.streams.destinations.testing import test_stream
from usher.streams.forms import SendAgainForm, StreamForm
from usher.streams.models import StreamDestination


@needs(Action.SETTINGS)
@require_GET
def settings_page(request: HttpRequest) -> HttpResponse:
    names = named_connections()
    context = {
        "streams": [
            (each, badge_of(each), _limited_to(each, names)) for each in StreamDestination.without_secrets()
        ],
        "kinds": list(StreamDestination.Kind),
    }
    return render(request, "streams/settings.html", context)


@needs(Action.SETTINGS, asks_early=True)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in StreamDestination.Kind.values:
        raise Http404
    form = StreamForm(request.POST or None, instance=StreamDestination(kind=kind))
    if not form.is_valid():
        return _form_page(request, form)
    new = form.instance
    new.secret = form.cleaned_data.get("secret", "")
    add_stream(new, actor_of(request), since=form.cleaned_data["since"])
    messages.success(request, f"{new.name} is added. Test it now.")
    return redirect("streams:stream", new.pk)


@needs(Action.SETTINGS, asks_early=True)
@require_http_methods(["GET", "HEAD", "POST"])
def stream(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(StreamDestination.without_secrets(), pk=pk)
    form = StreamForm(request.POST or None, instance=stored)
    if not form.is_valid():
        return _form_page(request, form)
    changed = change_stream(form.instance, actor_of(request), secret=form.cleaned_data.get("secret", ""))
    messages.success(request, f"{stored.name} is saved." if changed else "Nothing was changed.")
    return redirect("streams:stream", pk)


@needs(Action.SETTINGS)
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends one message now, and says what became of it."""
    try:
        problem = test_stream(get_object_or_404(StreamDestination, pk=pk))
    except SecretUnreadable as error:
        messages.error(request, str(error))
        return redirect("streams:stream", pk)
    if problem is None:
        messages.success(request, "The receiver took the test. See whether it is there.")
    else:
        messages.error(request, f"{problem.problem} {problem.remedy}".strip())
    return redirect("streams:stream", pk)


@needs(Action.SETTINGS)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(StreamDestination.without_secrets(), pk=pk)
    form = SendAgainForm(request.POST)
    if not form.is_valid():
        return _form_page(request, StreamForm(instance=stored), form)
    send_again(stored, form.cleaned_data["since"], actor_of(request))
    messages.success(request, f"What is stored since {form.cleaned_data['since']:%-d %B %Y} is sent again.")
    return redirect("streams:stream", pk)


@needs(Action.SETTINGS)
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(StreamDestination.without_secrets(), pk=pk)
    delete_stream(stored, actor_of(request))
    messages.success(request, f"{stored.name} is deleted. Nothing is sent there any more.")
    return redirect("streams:settings")


def _limited_to(destination: StreamDestination, names: dict[int, str]) -> str:
    """The connections that it is limited to, in words; empty where it is not."""
    if destination.connections is None:
        return ""
    return ", ".join(names[key] for key in destination.connections if key in names) or "no connection"


def _form_page(
    request: HttpRequest, form: StreamForm, again_form: SendAgainForm | None = None
) -> HttpResponse:
    is_stored = form.instance.pk is not None
    shown = StreamDestination.without_secrets().get(pk=form.instance.pk) if is_stored else None
    context = {
        "form": form,
        "stream": shown,
        "kind": form.kind.label,
        "lag": lag_of(shown) if shown else None,
        "badge": badge_of(shown) if shown else None,
        "again_form": again_form or SendAgainForm(),
    }
    is_refused = form.is_bound or (again_form is not None and again_form.is_bound)
    return render(request, "streams/stream.html", context, status=422 if is_refused else 200)
