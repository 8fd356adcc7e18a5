"""Signing in and out, one-time links, and the profile."""

from urllib.parse import urlencode, urlsplit

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from usher.access.acting import actor_of
from usher.access.first_account import make_first_account, may_make_first_account
from usher.access.forms import FirstAccountForm, PasswordForm, ProfileForm, SignInForm
from usher.access.mails.outbox import Mail, tell
from usher.access.models import SignInLink, User
from usher.access.roles import own_account, own_account_always, signed_in
from usher.access.signing_in.adapter import LINK
from usher.access.sso.policy import is_sso_only, may_sign_in_without_sso
from usher.access.sso.providers import sign_in_buttons
from usher.access.sso.sign_out import sign_out_elsewhere
from usher.access.throttle.attempts import password_attempt, succeeded, wrong_token
from usher.access.tokens.views import tokens_of
from usher.access.trail.kinds import Seen
from usher.access.trail.note import note, place_of
from usher.access.users.endings import end_access
from usher.access.users.link_sessions import (
    link_maker,
    may_replace_password,
    password_was_replaced,
    remember_link,
)
from usher.ledger.record import record
from usher.web.mail import sends_mail


class SignIn(LoginView):
    """By e-mail and password. access.throttle refuses who tried too often, django-allauth asks for a second factor."""

    template_name = "access/sign_in.html"
    form_class = SignInForm

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.headers.get("HX-Request"):
            # The session of an open page ended: without this, the form would appear inside that page.
            return HttpResponseClientRedirect(_sign_in_and_return(request))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return super().get_context_data(
            has_no_accounts=may_make_first_account(),
            providers=sign_in_buttons(self.request),
            sso_only=is_sso_only(),
            **kwargs,
        )


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
    return _let_in(request, account, method="password")


def _sign_in_once(request: HttpRequest, link: SignInLink, user: User) -> HttpResponse:
    if not user.is_active:
        return _link_expired(request)
    if not may_sign_in_without_sso(user):
        note(request, Seen.LINK_REFUSED, "single sign-on is required", user=user)
        return render(request, "access/sso_only.html", status=403)
    if request.method != "POST":
        return render(request, "access/sign_in_once.html", {"who": user, "link": link})
    if not link.take():
        return _link_expired(request)
    by = f" made by {link.made_by_name}" if link.made_by_name else ""
    return _let_in(request, user, method=LINK, link=link, said=f"sign-in link {link.pk}{by}")


def _let_in(
    request: HttpRequest, user: User, method: str, link: SignInLink | None = None, said: str | None = None
) -> HttpResponse:
    """Through django-allauth: a link stands for the password, and a second factor is asked for all the same."""
    if request.user.is_authenticated:
        logout(request)  # otherwise what is remembered of this sign-in ends with the other user's session
    if link is not None:
        remember_link(request, link)
    leads_to = settings.LOGIN_REDIRECT_URL
    if not user.has_usable_password():
        messages.info(request, "Set a password, so that you can sign in again.")
        leads_to = "access:profile"
    record_authentication(request, user, method=method, said=said)
    return perform_login(request, user, redirect_url=resolve_url(leads_to))


def _link_expired(request: HttpRequest) -> HttpResponse:
    wrong_token(request, "sign-in link", Seen.LINK_REFUSED)
    return render(request, "access/link_expired.html", status=410)


def _own(request: HttpRequest) -> User:
    """The user's account, apart from `request.user`: a name that is refused must not appear in the sidebar."""
    return User.objects.get(pk=signed_in(request).pk)


@own_account
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = _own(request)
    form = ProfileForm(request.POST or None, instance=user)
    if form.is_valid():
        # Only the fields of the form: an admin may be changing the role at the same time.
        user.save(update_fields=["name", "time_zone"])
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
    password_attempt(request, user.username)  # a stolen session must not find out the old password
    if form.is_valid():
        succeeded(request)
        with transaction.atomic():
            form.save(commit=False)
            user.save(update_fields=["password"])
            ended = end_access(user, api_tokens=request.POST.get("end_api_tokens") == "on")
            maker = link_maker(request)
            record(
                actor_of(request),
                "access.password_changed",
                f"user {user.pk}: {user.username}",
                after={
                    "in_a_session_by_a_link_of": maker.name if maker else None,
                    "api_tokens_revoked": ended,
                },
            )
            tell(user, Mail.PASSWORD_CHANGED, place=place_of(request))
        password_was_replaced(request, user)
        update_session_auth_hash(request, user)  # this session continues, all others of this user end
        messages.success(request, "Your password is changed. Other devices are signed out.")
        return redirect("access:profile")
    return _profile_page(request, ProfileForm(instance=user), form)


def _password_form(request: HttpRequest, user: User, data: QueryDict | None = None) -> PasswordForm:
    """A user who signed in by a link need not know the old password: this replaces a lost one."""
    return PasswordForm(user, data, asks_old=not may_replace_password(request))


class SignOut(LogoutView):
    """Also names the provider's own sign-out, where somebody came by single sign-on and the provider has one."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        elsewhere = sign_out_elsewhere(request)
        answer = super().post(request, *args, **kwargs)
        return render(request, "access/signed_out.html", {"elsewhere": elsewhere}) if elsewhere else answer


sign_out = own_account_always(SignOut.as_view())


def _profile_page(request: HttpRequest, form: ProfileForm, password_form: PasswordForm) -> HttpResponse:
    status = 422 if form.is_bound or password_form.is_bound else 200
    return render(
        request,
        "access/profile.html",
        {
            "form": form,
            "password_form": password_form,
            "sends_mail": sends_mail(),
            **tokens_of(_own(request)),
        },
        status=status,
    )
