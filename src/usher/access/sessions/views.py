"""Profile → Sessions, and ending the sessions of a user."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from usher.access.acting import actor_of
from usher.access.models import User
from usher.access.roles import Action, needs, own_account, signed_in
from usher.access.sessions.own import end_sessions, end_sessions_of, open_sessions
from usher.access.trail.kinds import Seen
from usher.access.trail.note import note


@own_account
@never_cache
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    found = open_sessions(signed_in(request), request.session.session_key)
    return render(request, "access/sessions.html", {"sessions": found})


@own_account
@require_POST
def end_one(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(UserSession, pk=pk, user=signed_in(request))
    if row.session_key == request.session.session_key:
        logout(request)
        return redirect("access:sign_in")
    end_sessions([row])
    note(request, Seen.SIGNED_OUT, "one session, from another")
    messages.success(request, "The session has ended.")
    return redirect("access:sessions")


@own_account
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    others = UserSession.objects.filter(user=signed_in(request)).exclude(
        session_key=request.session.session_key
    )
    count = end_sessions(others)
    note(request, Seen.SIGNED_OUT, f"{count} other sessions")
    messages.success(request, "All other sessions have ended.")
    return redirect("access:sessions")


@needs(Action.USERS)
@require_POST
def end_all_of(request: HttpRequest, pk: int) -> HttpResponse:
    """For an admin: all sessions and open sign-in links of a user."""
    account = get_object_or_404(User, pk=pk)
    end_sessions_of(account, actor_of(request))
    messages.success(request, f"All sessions and open sign-in links of {account.get_full_name()} have ended.")
    return redirect("access:user", pk)
