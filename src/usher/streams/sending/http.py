"""Requests to a receiver. Only to addresses that may be reached, and to the very address that was checked."""

import asyncio
import ssl
from datetime import timedelta

import httpx
import msgspec

from usher.notify.sending.outcomes import retry_after
from usher.notify.sending.public_addresses import HostUnknown, NotPublic, public_address
from usher.streams.sending.message import Undelivered

SECONDS = 30
LONGEST_ANSWER = 16_000_000
"""Bytes. Elasticsearch answers with a few hundred for each document."""
LONGEST_WAIT = timedelta(hours=1)

CHECK = "See that the receiver is up, and test again."
_WRONG_TOKEN = "Check the token or key, and what it permits."  # noqa: S105  # a text


class HttpAnswer(msgspec.Struct, frozen=True):
    status: int
    headers: httpx.Headers
    content: bytes


class HttpWay:
    """Keeps a connection open over many batches. `authority`: certificates to trust instead of public ones."""

    def __init__(self, address: str, authority: str = "") -> None:
        self.url = httpx.URL(address)
        self.host = self.url.raw_host.decode().strip("[]")
        self._authority = authority
        self._client: httpx.AsyncClient | None = None
        self._address = ""

    async def request(
        self,
        method: str,
        path: str,
        content: bytes,
        headers: dict[str, str],
    ) -> HttpAnswer:
        """The answer, whatever its status. `path` as it stands in the request. Raises Undelivered without an answer."""
        try:
            async with asyncio.timeout(SECONDS):
                client = await self._open()
                request = client.build_request(
                    method,
                    self.url.copy_with(host=self._address, raw_path=path.encode()),
                    content=content,
                    headers={"user-agent": "Usher", **headers, "host": self.url.netloc.decode()},
                    extensions={"sni_hostname": self.host},  # the certificate is checked against the name
                )
                answer = await client.send(request, stream=True)
                try:
                    content = await _read(answer)
                finally:
                    await answer.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise Undelivered(f"{self.host} did not answer within {SECONDS} seconds.", CHECK) from None
        except httpx.HTTPError as error:
            raise Undelivered(
                f"{self.host} could not be reached ({_reason(error)}).", CHECK, is_passing=True
            ) from None
        return HttpAnswer(answer.status_code, answer.headers, content)

    async def _open(self) -> httpx.AsyncClient:
        if self._client is not None:
            return self._client
        is_clear = self.url.scheme == "http"
        try:
            address = await public_address(self.host, self.url.port or (80 if is_clear else 443))
        except NotPublic as error:
            raise Undelivered(error.message, error.remedy) from None
        except HostUnknown:
            raise Undelivered(f"The name {self.host} could not be resolved.", "Check the address.") from None
        if is_clear and address.is_global:
            raise Undelivered(
                "Without TLS, everybody on the way reads the events.", "Use an address with https://."
            )
        self._address = str(address)
        self._client = httpx.AsyncClient(
            trust_env=False, follow_redirects=False, timeout=SECONDS, verify=tls_context(self._authority)
        )
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()


async def _read(answer: httpx.Response) -> bytes:
    """The body, unless it is endless."""
    parts, length = [], 0
    async for part in answer.aiter_bytes():
        parts.append(part)
        length += len(part)
        if length > LONGEST_ANSWER:
            raise Undelivered("The answer is too long.", CHECK)
    return b"".join(parts)


def _reason(error: httpx.HTTPError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is refused: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


def tls_context(authority: str) -> ssl.SSLContext:
    """Raises Undelivered where the certificates cannot be read."""
    try:
        return ssl.create_default_context(cadata=authority) if authority else httpx.create_ssl_context()
    except (ssl.SSLError, ValueError):
        raise Undelivered("The certificates of the authority cannot be read.", "Enter them as PEM.") from None


def check_answer(answer: HttpAnswer, host: str) -> None:
    """Raises Undelivered unless the status is 2xx."""
    code = answer.status
    if 200 <= code < 300:
        return
    if code in (401, 403):
        raise Undelivered(f"{host} refused the token ({code}).", _WRONG_TOKEN)
    if 300 <= code < 400:
        raise Undelivered(
            f"{host} answered with a redirect ({code}), which Usher does not follow.",
            "Enter the final address.",
        )
    wait = retry_after(answer.headers.get("retry-after"), LONGEST_WAIT)
    raise Undelivered(f"{host} answered {code}.", CHECK, wait=wait, is_passing=code >= 500 and wait is None)
