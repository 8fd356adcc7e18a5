"""What can go wrong with Asana, as one tree.

    AsanaError
    ├── NotAuthorized        401, or a refused refresh; `reason`: expired, revoked, app_blocked, unknown
    ├── Forbidden            403, 451
    ├── PlanTooLow           402
    ├── NotFound             404
    ├── BadRequest           every other 4xx
    │   ├── OffsetExpired    the paging token is too old or not Asana's
    │   └── ListTruncated    Asana cut a very large list short
    ├── SyncTokenExpired     412; carries the fresh `sync` token
    ├── RateLimited          429, still after the retries
    ├── Unavailable          network, time-outs and 5xx, still after the retries
    ├── MalformedAnswer      something answered, but not as Asana does
    ├── Uncertain            a write whose outcome nobody knows: verify it by reading
    └── OAuthError           the consent and token endpoints
        ├── ConsentRefused   the person said no
        ├── InvalidGrant     the code is unknown, used or too old
        ├── InvalidClient    wrong client id, secret or redirect address
        └── ScopeRefused     the app is not registered with Full permissions

`str(error)` is a sentence for people, `error.remedy` is what they can do. No error ever holds a token or a
query string.
"""

from enum import StrEnum
from typing import TypedDict, Unpack


class Kept(TypedDict, total=False):
    """What every error keeps of the request and its answer."""

    status: int | None
    asana_message: str
    method: str
    path: str
    request_id: str | None


class AsanaError(Exception):
    """Any failure of a call to Asana."""

    remedy: str = "Try again. If it stays, check that this machine can reach Asana."

    def __init__(self, message: str, **kept: Unpack[Kept]) -> None:
        super().__init__(message)
        self.message = message
        self.status = kept.get("status")
        self.asana_message = kept.get("asana_message", "")
        self.method = kept.get("method", "")
        self.path = kept.get("path", "")
        self.request_id = kept.get("request_id")

    @property
    def request(self) -> str:
        """Method and path, for logs: `GET /users/me`."""
        return f"{self.method} {self.path}".strip()


class Reason(StrEnum):
    """Why a token was not accepted."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    APP_BLOCKED = "app_blocked"
    UNKNOWN = "unknown"


_REMEDIES = {
    Reason.EXPIRED: "Connect the account again, or give a new token.",
    Reason.REVOKED: "Someone took the access back in Asana. Connect the account again.",
    Reason.APP_BLOCKED: (
        "Ask an Asana admin to allow the app for this workspace: Admin Console → Apps → App management. "
        "Then connect again."
    ),
    Reason.UNKNOWN: (
        "Check that the token was copied whole and still exists in Asana, and that the workspace allows "
        "the app. Then connect again."
    ),
}


class NotAuthorized(AsanaError):
    """Asana does not accept the token."""

    def __init__(self, message: str, *, reason: Reason = Reason.UNKNOWN, **kept: Unpack[Kept]) -> None:
        super().__init__(message, **kept)
        self.reason = reason
        self.remedy = _REMEDIES[reason]


class Forbidden(AsanaError):
    """The token is good, but may not do or see this."""

    remedy = (
        "The account behind the token has no right to this. Use an account with admin rights, or, for a "
        "service account, edit its permissions: Admin Console → Apps → Service accounts."
    )


class PlanTooLow(AsanaError):
    """Asana offers this on a higher plan only."""

    remedy = "Go without it, or move the workspace to an Asana plan that has it."


class NotFound(AsanaError):
    """No such object, or the token does not see it."""

    remedy = "Check the GID, and that the connected account can see it in Asana."


class BadRequest(AsanaError):
    """Asana did not understand the request."""

    remedy = "Check what was entered. If it is right, this is a fault in Usher: please report it."


class OffsetExpired(BadRequest):
    """The place in a list was lost, more often than a walk may begin anew."""

    remedy = "Run it again. Asana forgets the place in a list after some minutes without a call."


class ListTruncated(BadRequest):
    """The list is too large for Asana to give whole. What was walked so far is not all of it."""

    remedy = "Narrow the list, for example to one workspace, or use an organization export in Asana."


class SyncTokenExpired(AsanaError):
    """The event stream begins anew; some events may be missing before `sync`."""

    remedy = "Nothing to do: Usher goes on with a fresh token."

    def __init__(self, message: str, *, sync: str | None, **kept: Unpack[Kept]) -> None:
        super().__init__(message, **kept)
        self.sync = sync


class RateLimited(AsanaError):
    """Asana asks to slow down; `retry_after` in seconds where it said for how long."""

    remedy = "Wait some minutes. If other programs use the same token, give Usher a token of its own."

    def __init__(self, message: str, *, retry_after: float | None = None, **kept: Unpack[Kept]) -> None:
        super().__init__(message, **kept)
        self.retry_after = retry_after


class Unavailable(AsanaError):
    """Asana could not be reached, or answered that it cannot serve.

    `not_sent`: the request surely never reached Asana. `retry_after`: seconds, where Asana gave them.
    """

    remedy = "Try again later. Check this machine's network and proxy, and https://status.asana.com."

    def __init__(
        self,
        message: str,
        *,
        not_sent: bool = False,
        retry_after: float | None = None,
        **kept: Unpack[Kept],
    ) -> None:
        super().__init__(message, **kept)
        self.not_sent = not_sent
        self.retry_after = retry_after


class MalformedAnswer(AsanaError):
    """The answer cannot be read. `passing`: likely damaged on its way, worth another try."""

    remedy = (
        "Something between Usher and Asana may be answering instead: a proxy, a firewall or a sign-in page "
        "of the network. Check the Asana address in the settings and the way to it."
    )

    def __init__(self, message: str, *, passing: bool = False, **kept: Unpack[Kept]) -> None:
        super().__init__(message, **kept)
        self.passing = passing


class Uncertain(AsanaError):
    """A change was sent and its outcome is not known; the cause is `__cause__`."""

    remedy = "Look in Asana whether the change was made before making it again."


class OAuthError(AsanaError):
    """Asana's consent or token page refused; `code` is its `error` value."""

    remedy = "Connect again. If it stays, check the OAuth app at https://app.asana.com/0/my-apps."

    def __init__(self, message: str, *, code: str = "", **kept: Unpack[Kept]) -> None:
        super().__init__(message, **kept)
        self.code = code


class ConsentRefused(OAuthError):
    remedy = "Connect again and choose Allow on Asana's page."


class InvalidGrant(OAuthError):
    remedy = "Start Connect again: a code works once, and only for a short time."


class InvalidClient(OAuthError):
    remedy = (
        "Compare client ID, client secret and redirect address in the settings with the app at "
        "https://app.asana.com/0/my-apps."
    )


class ScopeRefused(OAuthError):
    remedy = "Give the app Full permissions at https://app.asana.com/0/my-apps (OAuth), then connect again."
