"""The page of those who are slowed down, for admins."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.access.throttle.unlocking import slowed_down, unlock


@needs(Action.USERS, of_all_connections=True)
@require_GET
def throttled(request: HttpRequest) -> HttpResponse:
    return render(request, "access/throttled.html", {"waiting": slowed_down()})


@needs(Action.USERS, of_all_connections=True)
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    if unlock(actor_of(request), key=request.POST.get("key", "")):
        messages.success(request, "They can try again now.")
    else:
        messages.info(request, "Nobody waits there any more.")
    return redirect("access:throttled")
