"""The way to the page that asks for a proof, and back."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from usher.access.proof.held import hold_form
from usher.access.roles import is_unsafe


def ask_for_proof(request: HttpRequest) -> HttpResponse:
    """To the page that asks. A form that was sent is held; otherwise the way back is to the page that it was on."""
    if request.headers.get("HX-Request"):
        if is_unsafe(request):
            return HttpResponseClientRedirect(_proof_page(_page_before(request), again="yes"))
        return HttpResponseClientRedirect(_proof_page(request.get_full_path()))
    if not is_unsafe(request):
        return redirect(_proof_page(request.get_full_path()))
    page = _page_before(request)
    if hold_form(request, page):
        return redirect(_proof_page(reverse("access:prove_continue")))
    return redirect(_proof_page(page, again="yes"))


def _proof_page(next_page: str, **more: str) -> str:
    """With `again`, what was sent is lost, and the page before says so after the proof."""
    return f"{reverse('access:prove')}?{urlencode({'next': next_page, **more})}"


def _page_before(request: HttpRequest) -> str:
    """The path of the page that the browser shows, and only if it is one of ours."""
    known = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    return own_path(request, known)


def own_path(request: HttpRequest, address: str) -> str:
    """The path and query of an address of ours; the dashboard for any other."""
    if not address or not url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return "/"
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
