"""/mcp: streamable HTTP for assistants. An API token lets in, and nothing else."""

from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from usher.access.models import ApiToken
from usher.access.throttle.attempts import TooManyAttempts
from usher.access.tokens.api_auth import PersonalToken
from usher.assistants.caller import by_token, calls_by

PASSED_ON = ("Content-Type", "Allow")
"""Headers of the SDK's answers that mean something without sessions and streams."""


@csrf_exempt  # a browser adds no token by itself
@login_not_required
def mcp(request: HttpRequest) -> HttpResponse:
    """One message of the Model Context Protocol. A session in a browser counts for nothing here."""
    if not _is_from_here(request):
        return _refusal(403, "This page may not talk to Usher.", "Use a program, not a page in a browser.")
    if request.method != "POST":
        answer = _refusal(405, "There is no stream and no session here.", "Send each message as a POST.")
        answer["Allow"] = "POST"
        return answer
    try:
        owner = PersonalToken()(request)
    except TooManyAttempts as refusal:
        answer = _refusal(429, refusal.message, refusal.remedy)
        answer["Retry-After"] = str(int(refusal.wait.total_seconds()) + 1)
        return answer
    api_token = getattr(request, "api_token", None)
    if owner is None or not isinstance(api_token, ApiToken):
        answer = _refusal(
            401,
            "The token is missing, wrong, ended or was revoked.",
            "Send it as “Authorization: Bearer usher_…”. A new one is made in Usher.",
        )
        answer["WWW-Authenticate"] = 'Bearer realm="Usher"'
        return answer
    return _exchanged(request, api_token)


def _exchanged(request: HttpRequest, api_token: ApiToken) -> HttpResponse:
    from usher.assistants.exchange import exchange  # the SDK takes a second to import, and few need it

    caller = by_token(api_token, request)
    with calls_by(lambda: caller):
        found = async_to_sync(exchange)(request)
    answer = HttpResponse(found.body, status=found.status, content_type=None)
    del answer["Content-Type"]
    given = {name.lower(): value for name, value in found.headers.items()}
    for name in PASSED_ON:
        if name.lower() in given:
            answer[name] = given[name.lower()]
    return answer


def _is_from_here(request: HttpRequest) -> bool:
    """Against DNS rebinding: a browser tells which page sends a request, and only Usher's own may. Programs tell none.

    Foreign hosts are refused by Django before.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    ours = urlsplit(settings.USHER_BASE_URL)
    return origin == f"{ours.scheme}://{ours.netloc}"


def _refusal(status: int, message: str, remedy: str) -> JsonResponse:
    """As JSON-RPC has it for a message that was not read, with what to do."""
    error = {"code": -32600, "message": f"{message} {remedy}", "data": {"message": message, "remedy": remedy}}
    return JsonResponse({"jsonrpc": "2.0", "id": None, "error": error}, status=status)
