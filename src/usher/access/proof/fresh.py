"""Whether the user of a session has lately proved who they are. The one place that decides it."""

import time
from collections.abc import Mapping

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import authentication_step_completed
from allauth.account.signals import user_logged_in as signed_in_by_allauth
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from usher.access.security.policy import policy_for
from usher.access.sso.identity import SIGNED_IN_AT

PROVED_AT = "proved-at"
CLOCK_MAY_DIFFER_SECONDS = 60  # between two machines that run `usher web`


class ProofTooOld(Exception):
    """The user has to prove again who they are. `access.guard` leads there, and back with what was filled in."""


def has_fresh_proof(request: HttpRequest) -> bool:
    """Whether the last proof is not older than the security policy allows. A program with an API token is not asked."""
    if getattr(request, "api_token", None) is not None:
        return True
    proved_at = request.session.get(PROVED_AT)
    if not isinstance(proved_at, int | float):
        return False
    age = time.time() - proved_at
    return -CLOCK_MAY_DIFFER_SECONDS <= age < policy_for(request).proof_lasts.total_seconds()


def require_fresh_proof(request: HttpRequest) -> None:
    """Raises ProofTooOld, which sends the user to the page that asks for a proof."""
    if not has_fresh_proof(request):
        raise ProofTooOld


def record_proof(request: HttpRequest) -> None:
    """The user has just proved who they are, by whatever means."""
    request.session[PROVED_AT] = time.time()


@receiver(user_logged_in)
def _signed_in(request: HttpRequest | None, **more: object) -> None:
    if request is not None:
        record_proof(request)


@receiver(signed_in_by_allauth)
def _signed_in_elsewhere(request: HttpRequest, user: object, **more: object) -> None:
    """A provider may have sent them back without asking anything. Their sign-in there is their proof, and as old."""
    there = getattr(more.get("sociallogin"), "state", {}).get(SIGNED_IN_AT)
    if there is not None and "mfa" not in {
        each["method"] for each in get_authentication_records(request, user)
    }:
        request.session[PROVED_AT] = min(time.time(), there)


@receiver(authentication_step_completed)
def _proved_again(request: HttpRequest, **more: object) -> None:
    """allauth sends this for the steps of a sign-in too, which are no proof before the last of them."""
    if is_proof_of_signed_in(request, more):
        record_proof(request)


def is_proof_of_signed_in(request: HttpRequest, step: Mapping[str, object]) -> bool:
    return (
        bool(step.get("reauthenticated"))
        and request.user.is_authenticated
        and step.get("user") == request.user
    )
