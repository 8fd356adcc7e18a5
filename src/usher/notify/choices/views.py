"""Profile → Notices."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from usher.access.acting import actor_of
from usher.access.roles import own_account, signed_in
from usher.notify.choices.forms import OwnChoicesForm
from usher.notify.choices.own import choose, own_choices
from usher.notify.telling import has_slack
from usher.web.mail import sends_mail


@own_account
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    slack = has_slack()
    form = OwnChoicesForm(
        own_choices(user), request.POST if request.method == "POST" else None, has_slack=slack
    )
    if form.is_valid():
        changed = choose(user, form.chosen, actor_of(request))
        messages.success(request, "Your choices are saved." if changed else "Nothing was changed.")
        return redirect("notify:mine")
    context = {
        "form": form,
        "has_slack": slack,
        "sends_mail": sends_mail(),
        "is_limited": user.scope is not None,
    }
    return render(request, "notify/mine.html", context)
