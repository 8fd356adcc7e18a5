"""Whether somebody who is signed in has to set up a second factor before anything else."""

from allauth.account.authentication import get_authentication_records
from allauth.socialaccount.models import SocialAccount
from django.http import HttpRequest

from usher.access.mfa.factors import has_second_factor, is_required_of
from usher.access.models import SecurityPolicy, User
from usher.access.security.policy import policy_for

SEVERAL_FACTORS = "mfa"  # among the authentication methods (amr) of RFC 8176


def must_set_one_up(request: HttpRequest, user: User) -> bool:
    policy = policy_for(request)
    return (
        is_required_of(user, policy)
        and not has_second_factor(user)
        and not _provider_asked(request, user, policy)
    )


def _provider_asked(request: HttpRequest, user: User, policy: SecurityPolicy) -> bool:
    """Whether this session began with single sign-on that took a second factor, by the policy or by its own word."""
    by_provider = [
        record for record in get_authentication_records(request, user) if record["method"] == "socialaccount"
    ]
    return bool(by_provider) and (policy.provider_asks or any(map(_says_so, by_provider)))


def _says_so(record: dict[str, object]) -> bool:
    account = SocialAccount.objects.filter(provider=record.get("provider"), uid=record.get("uid")).first()
    facts = account.extra_data if account else None
    methods = facts.get("amr") if isinstance(facts, dict) else None
    return isinstance(methods, list) and SEVERAL_FACTORS in methods
