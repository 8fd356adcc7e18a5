"""Where Slack sends what was pressed."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from usher.notify.slack_actions.routing import NotFromSlack, answer_to, pressed_button
from usher.platform.scope import whole_installation

FORM = "application/x-www-form-urlencoded"


@csrf_exempt  # Slack's signature is the proof
@login_not_required
@require_POST
def actions(request: HttpRequest) -> HttpResponse:
    """Slack waits three seconds for an answer."""
    body = request.body if request.content_type == FORM else b""  # another kind may have been read by now
    with whole_installation():
        try:
            button = pressed_button(body, request.headers)
        except NotFromSlack as refusal:
            return JsonResponse({"error": refusal.message, "remedy": refusal.remedy}, status=401)
        said = answer_to(button) if button else ""
    if not said:
        return HttpResponse()
    return JsonResponse({"response_type": "ephemeral", "replace_original": False, "text": said})
