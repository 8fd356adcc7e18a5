"""Whether somebody who is signed in has to set up a second factor before anything else."""

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from usher.access.mfa.factors import has_second_factor, is_required_of
from usher.access.models import SecurityPolicy, User
from usher.access.security.policy import policy_for


def must_set_one_up(request: HttpRequest, user: User) -> bool:
    policy = policy_for(request)
    return (
        is_required_of(user, policy)
        and not has_second_factor(user)
        and not _provider_asked(request, user, policy)
    )


def _provider_asked(request: HttpRequest, user: User, policy: SecurityPolicy) -> bool:
    """Whether this session began with single sign-on, and an admin said that the provider asks for a second factor."""
    return policy.provider_asks and any(
        record["method"] == "socialaccount" for record in get_authentication_records(request, user)
    )
