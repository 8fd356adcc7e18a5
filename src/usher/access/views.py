"""Signing in and out, one-time links, and the profile."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from usher.access.first_account import make_first_account, may_make_first_account
from usher.access.forms import FirstAccountForm, PasswordForm, ProfileForm, SignInForm
from usher.access.models import SignInLink, User
from usher.access.roles import actor_of, own_account
from usher.access.tokens.views import tokens_of
from usher.ledger.record import record

BACKEND = "django.contrib.auth.backends.ModelBackend"
BY_LINK = "signed-in-by-link"


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    template_name = "access/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.headers.get("HX-Request"):
            # The session of an open page ended: without this, the form would appear inside that page.
            return HttpResponseClientRedirect(_sign_in_and_return(request))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(has_no_accounts=may_make_first_account(), **kwargs)


def _sign_in_and_return(request: HttpRequest) -> str:
    came_from = urlsplit(request.headers.get("HX-Current-URL", ""))
    page = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    sign_in = resolve_url("access:sign_in")
    return f"{sign_in}?{urlencode({'next': page})}" if page else sign_in


@sensitive_post_parameters("password1", "password2")
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """A one-time link. Only POST uses it up, because mail scanners and browsers follow links with GET."""
    link = SignInLink.find_open(token)
    if link is None:
        return _link_expired(request)
    return _first_account(request, link) if link.user is None else _sign_in_once(request, link, link.user)


def _first_account(request: HttpRequest, link: SignInLink) -> HttpResponse:
    if not may_make_first_account():
        return _link_expired(request)
    form = FirstAccountForm(request.POST or None)
    if not form.is_valid():
        return render(
            request, "access/first_account.html", {"form": form}, status=422 if form.is_bound else 200
        )
    account = form.save(commit=False)
    account.set_password(form.cleaned_data["password1"])
    if not make_first_account(link, account):
        return _link_expired(request)
    login(request, account, backend=BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)


def _sign_in_once(request: HttpRequest, link: SignInLink, user: User) -> HttpResponse:
    if not user.is_active:
        return _link_expired(request)
    if request.method != "POST":
        return render(request, "access/sign_in_once.html", {"who": user, "link": link})
    if not link.take():
        return _link_expired(request)
    login(request, user, backend=BACKEND)
    request.session[BY_LINK] = True
    if not user.has_usable_password():
        messages.info(request, "Set a password, so that you can sign in again.")
        return redirect("access:profile")
    return redirect(settings.LOGIN_REDIRECT_URL)


def _link_expired(request: HttpRequest) -> HttpResponse:
    return render(request, "access/link_expired.html", status=410)


def _own(request: HttpRequest) -> User:
    """The user's account, apart from `request.user`: a name that is refused must not appear in the sidebar."""
    return User.objects.get(username=request.user.get_username())


@own_account
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = _own(request)
    before = user.username
    form = ProfileForm(request.POST or None, instance=user)
    if form.is_valid():
        with transaction.atomic():
            # Only the fields of the form: an admin may be changing the role at the same time.
            user.save(update_fields=["name", "email", "username", "time_zone"])
            if user.username != before:
                record(
                    actor_of(request),
                    "access.email_changed",
                    f"user {user.pk}: {before}",
                    before={"email": before},
                    after={"email": user.username},
                )
        messages.success(request, "Your profile is saved.")
        return redirect("access:profile")
    return _profile_page(request, form, _password_form(request, user))


@own_account
@sensitive_post_parameters()
@never_cache
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    user = _own(request)
    form = _password_form(request, user, request.POST)
    if form.is_valid():
        with transaction.atomic():
            form.save(commit=False)
            user.save(update_fields=["password"])
            record(actor_of(request), "access.password_changed", f"user {user.pk}: {user.username}")
        request.session.pop(BY_LINK, None)
        update_session_auth_hash(request, user)  # this session continues, all others of this user end
        messages.success(request, "Your password is changed. Other devices are signed out.")
        return redirect("access:profile")
    return _profile_page(request, ProfileForm(instance=user), form)


def _password_form(request: HttpRequest, user: User, data: QueryDict | None = None) -> PasswordForm:
    """A user who signed in by a link need not know the old password: this replaces a lost one."""
    return PasswordForm(user, data, asks_old=not request.session.get(BY_LINK))


sign_out = own_account(LogoutView.as_view())


def _profile_page(request: HttpRequest, form: ProfileForm, password_form: PasswordForm) -> HttpResponse:
    status = 422 if form.is_bound or password_form.is_bound else 200
    return render(
        request,
        "access/profile.html",
        {"form": form, "password_form": password_form, **tokens_of(_own(request))},
        status=status,
    )
