"""Who is calling: personal access tokens, service-account tokens, OAuth access tokens."""

import msgspec

from usher.sandbox.company.company import Company, Person
from usher.sandbox.http.answers import unauthorized
from usher.sandbox.oauth.tokens import OAuthTokens

REVOKED_TOKEN = "sandbox-revoked"  # noqa: S105


class Caller(msgspec.Struct, frozen=True):
    token: str
    person: Person
    is_service_account: bool = False
    may_read_audit_log: bool = False
    is_oauth: bool = False


def caller(company: Company, oauth: OAuthTokens, authorization: str | None) -> Caller:
    """Raises AsanaError 401."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized()
    account = company.account_by_token(token)
    if account is not None:
        return Caller(
            token,
            company.people[account.person],
            is_service_account=account.is_service_account,
            may_read_audit_log=account.may_read_audit_log,
        )
    person = oauth.person_of_access_token(token)
    if person >= len(company.people):
        raise unauthorized()
    return Caller(token, company.people[person], is_oauth=True)
