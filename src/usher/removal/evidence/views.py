"""The evidence of a case, as files to hand on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET

from usher.access.roles import Action, needs
from usher.removal.cases.shown_remarks import all_said_about
from usher.removal.evidence.report import evidence_json, evidence_of, file_name
from usher.removal.models import Case


@require_GET
@needs(Action.READ)
def as_html(request: HttpRequest, pk: int) -> HttpResponse:
    """One page that needs nothing else: it opens from a mail or an archive, and prints well."""
    case = get_object_or_404(Case, pk=pk)
    context = {
        "evidence": evidence_of(case),
        "said": all_said_about(case),
        "case": case,
        "zone": timezone.get_current_timezone_name(),
    }
    page = render_to_string("removal/evidence.html", context)
    return _download(page.encode(), "text/html; charset=utf-8", file_name(case, "html"))


@require_GET
@needs(Action.READ)
def as_json(request: HttpRequest, pk: int) -> HttpResponse:
    case = get_object_or_404(Case, pk=pk)
    return _download(evidence_json(case), "application/json", file_name(case, "json"))


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
