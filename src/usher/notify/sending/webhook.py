"""By webhook, as Standard Webhooks has it (standardwebhooks.com): signed, with an id that is the same each time.

A receiver that keeps the ids (`webhook-id`) it has seen handles each message once, whatever happens here.
"""

import asyncio
import base64
import json
import secrets
from datetime import datetime

import httpx
from django.utils import timezone
from standardwebhooks import Webhook

from usher.notify.models import Delivery, Destination
from usher.notify.rendering import NoticeMessage
from usher.notify.sending.outcomes import SENT, Attempt, later, refused, retry_after
from usher.notify.sending.public_addresses import HostUnknown, NotPublic, public_address

SECONDS = 20
CHECK = "See that the receiver is up and answers with 2xx within 20 seconds."


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


async def send_by_webhook(delivery: Delivery, message: NoticeMessage) -> Attempt:
    assert delivery.destination
    return await post(delivery.destination, f"msg_{delivery.idempotency.hex}", payload_of(delivery, message))


def payload_of(delivery: Delivery, message: NoticeMessage) -> dict[str, object]:
    notice = delivery.notice
    return {
        "type": f"usher.{notice.kind}",
        "timestamp": notice.told_at.isoformat(),
        "data": {
            "subject": message.subject,
            "text": message.text,
            "url": message.links[0].url if message.links else "",
            "connection": notice.connection_id,
            "facts": notice.facts,
        },
    }


async def post(destination: Destination, message_id: str, payload: dict[str, object]) -> Attempt:
    """Connects to the address that was checked, whatever the name says a moment later, and follows no redirect."""
    url = httpx.URL(destination.target)
    host, is_clear = url.raw_host.decode(), url.scheme == "http"
    try:
        async with asyncio.timeout(SECONDS):
            address = await public_address(host.strip("[]"), url.port or (80 if is_clear else 443))
            if is_clear and address.is_global:
                return refused(
                    "Without TLS, everybody on the way reads the messages.", "Use an address with https://."
                )
            body = json.dumps(payload, ensure_ascii=False)
            async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=SECONDS) as client:
                request = client.build_request(
                    "POST",
                    url.copy_with(host=str(address)),
                    content=body.encode(),
                    headers={**_signed(destination, message_id, body), "Host": url.netloc.decode()},
                    extensions={"sni_hostname": host},  # the certificate is checked against the name
                )
                answer = await client.send(request, stream=True)  # its body is not read: it may be endless
                await answer.aclose()
    except NotPublic as error:
        return refused(error.message, error.remedy)
    except HostUnknown:
        return later(f"The name {host} could not be resolved.", "Check the address.")
    except (TimeoutError, httpx.TimeoutException):
        return later(f"{host} did not answer within {SECONDS} seconds.", CHECK)
    except httpx.HTTPError as error:
        return later(f"{host} could not be reached ({type(error).__name__}).", CHECK)
    return _outcome_of(answer, host)


def _outcome_of(answer: httpx.Response, host: str) -> Attempt:
    code = answer.status_code
    if 200 <= code < 300:
        return SENT
    if code == httpx.codes.GONE:
        return refused(
            f"{host} answered 410: it wants no more messages. Usher switched the destination off.",
            "Switch it on again when the receiver is back.",
            is_gone=True,
        )
    if 300 <= code < 400:
        return later(
            f"{host} answered with a redirect ({code}), which Usher does not follow.",
            "Enter the final address.",
        )
    return later(f"{host} answered {code}.", CHECK, retry_after(answer.headers.get("Retry-After")))


def _signed(destination: Destination, message_id: str, body: str) -> dict[str, str]:
    now = timezone.now()
    signatures = [Webhook(secret).sign(message_id, now, body) for secret in _secrets(destination, now)]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Usher",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _secrets(destination: Destination, now: datetime) -> list[str]:
    """The new one first. Receivers accept a message if one signature is theirs."""
    still = destination.old_secret and destination.old_secret_until and destination.old_secret_until > now
    return [destination.secret, *([destination.old_secret] if still else [])]
