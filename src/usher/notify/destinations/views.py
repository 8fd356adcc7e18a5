"""Settings → Notices."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs, signed_in
from usher.access.scope.change import shown_scope
from usher.notify.choices.forms import MinimumForm
from usher.notify.choices.minimum import set_minimum
from usher.notify.destinations.change import (
    add_destination,
    change_destination,
    delete_destination,
    rotate_secret,
)
from usher.notify.destinations.forms import DestinationForm
from usher.notify.destinations.testing import in_words, test_destination, test_own_mail
from usher.notify.models import Delivery, Destination
from usher.notify.sending.outcomes import Attempt, Ending
from usher.platform.encryption import SecretUnreadable
from usher.platform.scope import Scope
from usher.web.mail import sends_mail


@needs(Action.SETTINGS)
@require_GET
def settings_page(request: HttpRequest) -> HttpResponse:
    context = {
        "destinations": [(each, _told_of(each)) for each in Destination.without_secrets()],
        "channels": list(Destination.Channel),
        "sends_mail": sends_mail(),
        "failed": Delivery.objects.filter(state__in=Delivery.ENDED_BADLY).count(),
        "minimum_form": MinimumForm(),
    }
    return render(request, "notify/settings.html", context)


@needs(Action.SETTINGS)
@require_POST
def minimum(request: HttpRequest) -> HttpResponse:
    form = MinimumForm(request.POST)
    if not form.is_valid():
        raise Http404  # no page sends such a form
    changed = set_minimum(form.chosen, actor_of(request))
    messages.success(request, "The minimum is saved." if changed else "Nothing was changed.")
    return redirect("notify:settings")


@needs(Action.SETTINGS)
@require_POST
def test_mail(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    _say(request, user.email, test_own_mail(user))
    return redirect("notify:settings")


@needs(Action.SETTINGS, asks_early=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, channel: str) -> HttpResponse:
    """The secret of a new webhook is shown this once."""
    if channel not in Destination.Channel.values:
        raise Http404
    form = DestinationForm(request.POST or None, instance=Destination(channel=channel))
    if not form.is_valid():
        return _form_page(request, form)
    new = form.instance
    new.secret = form.cleaned_data.get("secret", "")
    new.signing_secret = form.cleaned_data.get("signing_secret", "")
    add_destination(new, actor_of(request))
    if new.channel == Destination.Channel.WEBHOOK:
        return render(request, "notify/secret_once.html", {"destination": new, "secret": new.secret})
    messages.success(request, f"{new.name} is added. Test it now.")
    return redirect("notify:destination", new.pk)


@needs(Action.SETTINGS, asks_early=True)
@require_http_methods(["GET", "HEAD", "POST"])
def destination(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Destination.without_secrets(), pk=pk)
    form = DestinationForm(request.POST or None, instance=stored)
    if not form.is_valid():
        return _form_page(request, form)
    given = form.cleaned_data
    changed = change_destination(
        form.instance,
        actor_of(request),
        secret=given.get("secret", ""),
        signing_secret=given.get("signing_secret", ""),
    )
    messages.success(request, f"{stored.name} is saved." if changed else "Nothing was changed.")
    return redirect("notify:destination", pk)


@needs(Action.SETTINGS)
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends a message now, within seconds, and says what became of it."""
    try:
        stored = get_object_or_404(Destination, pk=pk)
    except SecretUnreadable as error:
        messages.error(request, str(error))
        return redirect("notify:destination", pk)
    for receiver, attempt in test_destination(stored, signed_in(request)):
        _say(request, receiver, attempt)
    return redirect("notify:destination", pk)


@needs(Action.SETTINGS)
@never_cache
@require_POST
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows the new secret, this once."""
    stored = get_object_or_404(Destination.without_secrets(), pk=pk, channel=Destination.Channel.WEBHOOK)
    secret = rotate_secret(stored, actor_of(request))
    return render(
        request, "notify/secret_once.html", {"destination": stored, "secret": secret, "is_rotated": True}
    )


@needs(Action.SETTINGS)
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    stored = get_object_or_404(Destination.without_secrets(), pk=pk)
    delete_destination(stored, actor_of(request))
    messages.success(request, f"{stored.name} is deleted. Nothing is sent there any more.")
    return redirect("notify:settings")


def _told_of(destination: Destination) -> str:
    """The connections that it is limited to, in words; empty where it is not."""
    return shown_scope(Scope.of(destination.connections)) if destination.is_limited else ""


def _say(request: HttpRequest, receiver: str, attempt: Attempt) -> None:
    say = messages.success if attempt.ending is Ending.SENT else messages.error
    say(request, in_words(receiver, attempt))


def _form_page(request: HttpRequest, form: DestinationForm) -> HttpResponse:
    context = {"form": form, "destination": form.instance, "channel": form.channel.label}
    return render(request, "notify/destination.html", context, status=422 if form.is_bound else 200)
