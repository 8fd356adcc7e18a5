"""What django-allauth asks about accounts: where it may send somebody, and whom it may let in."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from usher.access.models import SignInPolicy, User
from usher.access.signing_in.means import means_in_words
from usher.access.sso.break_glass import break_glass_was_used
from usher.access.sso.policy import may_sign_in_without_sso
from usher.access.users.link_sessions import forget_link

THIS_MACHINE = "127.0.0.1"
SSO = "socialaccount"
LINK = "link"  # as allauth records how somebody proved who they are


class AccountAdapter(DefaultAccountAdapter):
    """Named in settings.ACCOUNT_ADAPTER."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "The e-mail or the password is wrong. Check both and try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """An admin adds users, or a provider of single sign-on does."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only pages of this address. allauth also takes every allowed host, such as another port of localhost."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Behind a Unix socket no address is known; allauth would refuse the sign-in."""
        return request.META.get("REMOTE_ADDR") or THIS_MACHINE

    def pre_login(self, request: HttpRequest, user: User, **more: object) -> HttpResponse | None:
        """Every way to sign in begins here, once somebody has proved who they are."""
        if user.is_service:
            clear_login(request)
            raise PermissionDenied("A service account never signs in.")
        refused: HttpResponse | None = super().pre_login(request, user, **more)
        if refused is None and not _is_by_sso(request, user) and not may_sign_in_without_sso(user):
            clear_login(request)
            refused = render(request, "access/sso_only.html", status=403)
        return refused

    def login(self, request: HttpRequest, user: User) -> None:
        """Every way to sign in ends here. `said` in a record of allauth is how the trail names that way."""
        records = get_authentication_records(request, user)
        if not any(record["method"] == LINK for record in records):
            forget_link(request)
        ways = means_in_words(records)
        request.signed_in_by = ways  # type: ignore[attr-defined]  # read by the trail
        super().login(request, user)
        if SignInPolicy.excepts(user) and not _is_by_sso(request, user):
            break_glass_was_used(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return render(request, "access/deactivated.html", {"account": user}, status=403)


def _is_by_sso(request: HttpRequest, user: User) -> bool:
    return any(record["method"] == SSO for record in get_authentication_records(request, user))
