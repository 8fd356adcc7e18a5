"""The employees who are no longer listed: whether they have left is said here, for each or for all."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from usher.access.acting import actor_of
from usher.access.roles import Action, needs
from usher.directory.employees.absence import no_longer_listed, they_are_still_here, they_have_left
from usher.directory.models import Source
from usher.web.lists import every_word, page_of, parse_id, parse_ids

EMPLOYEES_A_PAGE = 50


@needs(Action.READ, to_change=Action.IMPORT_DIRECTORY)
@require_http_methods(["GET", "POST"])
def not_listed(request: HttpRequest) -> HttpResponse:
    """A POST says of those selected, or of all that are shown, that they have left or still work here."""
    source = Source.objects.filter(pk=parse_id(request.GET.get("source")) or 0).first()
    words = request.GET.get("q", "")
    employees = no_longer_listed(timezone.localdate()).filter(every_word(words, "name", "email", "key"))
    if source is not None:
        employees = employees.filter(source=source)
    if request.method == "POST":
        answer, _, of_all = request.POST.get("answer", "").partition(":")
        pks = (
            list(employees.values_list("pk", flat=True))
            if of_all
            else parse_ids(request.POST.getlist("employee"))
        )
        if of_all and len(pks) != parse_id(of_all):
            messages.error(request, "The list has changed since. Nothing was stored; look again.")
        elif not pks:
            messages.warning(request, "Nobody was selected.")
        elif answer == "left":
            count = they_have_left(actor_of(request), pks, timezone.now())
            messages.success(request, f"{count:,} have left, and are leavers where they have a seat.")
        elif answer == "here":
            count = they_are_still_here(actor_of(request), pks, timezone.now())
            messages.success(request, f"{count:,} still work here, until a list says otherwise.")
        return redirect(request.get_full_path())
    context = {
        "page": page_of(request, employees, EMPLOYEES_A_PAGE),
        "source": source,
        "sources": Source.objects.all(),
        "words": words,
    }
    return render(request, "directory/not_listed.html", context)
