"""What can go wrong with Asana, as one tree.

    AsanaError
    ├── NotAuthorized        401, or a refused refresh; `reason`: expired, revoked, app_blocked, unknown
    ├── Forbidden            403, 451
    ├── PlanTooLow           402
    ├── NotFound             404
    ├── BadRequest           every other 4xx
    │   ├── OffsetExpired    the paging token is too old, or not one of Asana
    │   └── ListTruncated    Asana cut a very large list short
    ├── SyncTokenExpired     412; carries the new `sync` token
    ├── RateLimited          429, still after the retries
    ├── Unavailable          network, time-outs and 5xx, still after the retries
    ├── MalformedAnswer      the answer is not one that Asana gives
    ├── Uncertain            a write with an unknown outcome: verify it by reading
    └── OAuthError           the consent and token endpoints
        ├── ConsentRefused   the person said no
        ├── InvalidGrant     the code is unknown, used or too old
        ├── InvalidClient    wrong client id, secret or redirect address
        └── ScopeRefused     the app is not registered with Full permissions

`str(error)` is a sentence for people, and `error.remedy` says what they can do. No error contains a token or a
query string.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypedDict, Unpack

SECONDS_OF_A_DAY = 24 * 60 * 60
ALMOST_A_MINUTE = timedelta(seconds=59)
"""A time without seconds is the next full minute: nobody should come back too early."""


class Kept(TypedDict, total=False):
    """What every error stores about the request and its answer."""

    status: int | None
    asana_message: str
    method: str
    path: str
    request_id: str | None


class AsanaError(Exception):
    """A failed call to Asana."""

    remedy: str = "Try again. If it fails again, check that this machine can reach Asana."

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
    Reason.EXPIRED: "Connect the account again, or enter a new token.",
    Reason.REVOKED: "Someone revoked the access in Asana. Connect the account again.",
    Reason.APP_BLOCKED: (
        "Ask an Asana admin to allow the app for this workspace: Admin Console → Apps → App management. "
        "Then connect again."
    ),
    Reason.UNKNOWN: (
        "Check that the token is complete and still exists in Asana, and that the workspace allows "
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
    """Asana accepts the token, but it may not do or see this."""

    remedy = (
        "The account of the token lacks the permission. Use an account with admin rights or, for a "
        "service account, edit its permissions: Admin Console → Apps → Service accounts."
    )


class PlanTooLow(AsanaError):
    """Asana offers this only on a higher plan."""

    remedy = "Continue without it, or move the workspace to an Asana plan that includes it."


class NotFound(AsanaError):
    """The object does not exist, or the token cannot see it."""

    remedy = "Check the GID, and that the connected account can see it in Asana."


class BadRequest(AsanaError):
    """Asana did not understand the request."""

    remedy = "Check what was entered. If it is correct, this is a bug in Usher: please report it."


class OffsetExpired(BadRequest):
    """Asana lost the position in a list, more often than a walk restarts."""

    remedy = "Run it again. Asana forgets the position in a list after some minutes without a request."


class ListTruncated(BadRequest):
    """The list is too large for Asana to return completely. What was read is only part of it."""

    remedy = "Filter the list, for example to one workspace, or use an organization export in Asana."


class SyncTokenExpired(AsanaError):
    """The event stream restarts. Events before `sync` may be missing."""

    remedy = "Nothing: Usher continues with a new token."

    def __init__(self, message: str, *, sync: str | None, **kept: Unpack[Kept]) -> None:
        super().__init__(message, **kept)
        self.sync = sync


class RateLimited(AsanaError):
    """Asana received too many requests.

    `retry_after`: seconds, if Asana gave them. The message then says until when.
    """

    remedy = "Wait some minutes. If other programs use the same token, give Usher its own token."

    def __init__(self, message: str, *, retry_after: float | None = None, **kept: Unpack[Kept]) -> None:
        if retry_after and 1 <= retry_after < SECONDS_OF_A_DAY:
            until = datetime.now(UTC) + timedelta(seconds=retry_after)
            message += f" It asks to wait until {until + ALMOST_A_MINUTE:%H:%M} UTC."
        super().__init__(message, **kept)
        self.retry_after = retry_after


class Unavailable(AsanaError):
    """Asana could not be reached, or answered that it is unavailable.

    `not_sent`: the request certainly never reached Asana. `retry_after`: seconds, if Asana gave them.
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
    """The answer cannot be read. `passing`: it was probably damaged in transit, so a retry may help."""

    remedy = (
        "A proxy, a firewall or a sign-in page of the network may answer instead of Asana. Check the network, "
        "and the Asana address in the settings."
    )

    def __init__(self, message: str, *, passing: bool = False, **kept: Unpack[Kept]) -> None:
        super().__init__(message, **kept)
        self.passing = passing


class Uncertain(AsanaError):
    """A change was sent, and its outcome is unknown. The cause is `__cause__`."""

    remedy = "Check in Asana whether the change was made before you try again."


class OAuthError(AsanaError):
    """Asana's consent or token page refused; `code` is its `error` value."""

    remedy = "Connect again. If it fails again, check the OAuth app at https://app.asana.com/0/my-apps."

    def __init__(self, message: str, *, code: str = "", **kept: Unpack[Kept]) -> None:
        super().__init__(message, **kept)
        self.code = code


class ConsentRefused(OAuthError):
    remedy = "Connect again and choose Allow on Asana's page."


class InvalidGrant(OAuthError):
    remedy = "Start Connect again: a code works once, and only for a short time."


class InvalidClient(OAuthError):
    remedy = (
        "Compare the client ID, client secret and redirect address in the settings with the app at "
        "https://app.asana.com/0/my-apps."
    )


class ScopeRefused(OAuthError):
    remedy = "Give the app Full permissions at https://app.asana.com/0/my-apps (OAuth), then connect again."
