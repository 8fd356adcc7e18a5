"""The pages of texts. HTML as it is mailed is a page of its own in a frame, with the styles that mail needs."""

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from usher.access.roles import Action, needs
from usher.notify.kinds import KINDS
from usher.notify.texts.preview import preview_of


@needs(Action.READ)
@require_GET
def texts(request: HttpRequest) -> HttpResponse:
    return render(request, "notify/texts.html", {"kinds": KINDS.values()})


@needs(Action.READ)
@require_GET
def text(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404
    return render(request, "notify/text.html", {"preview": preview_of(KINDS[kind])})


@needs(Action.READ)
@require_GET
@xframe_options_sameorigin
@csp_replace(  # type: ignore[arg-type]  # its types know no view with arguments
    {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'none'"],
    }
)
def mail(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404
    return HttpResponse(preview_of(KINDS[kind]).message.html)
