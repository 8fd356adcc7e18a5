"""Files in S3, or in a store that speaks its language: one object for each batch and day.

Its name says where the batch begins. A batch that is sent again begins at the same place, and replaces the object.
"""

import asyncio
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote

from django.utils import timezone

from usher.streams.sending.files import by_day
from usher.streams.sending.http import HttpWay, check_answer
from usher.streams.sending.message import MessageBatch, Undelivered

ALGORITHM = "AWS4-HMAC-SHA256"


class S3Receiver:
    """`place`: the bucket and, after a slash, a prefix."""

    def __init__(self, way: HttpWay, place: str, region: str, key_id: str, secret: str) -> None:
        self._way, self._region, self._key_id, self._secret = way, region, key_id, secret
        self._bucket, _, self._prefix = place.strip("/").partition("/")

    async def send(self, batch: MessageBatch) -> None:
        for (source, day), content in sorted((await asyncio.to_thread(by_day, batch.messages)).items()):
            name = f"{source}/{day:%Y/%m/%d}/{batch.key}.jsonl.gz"
            await self._put("/".join(part for part in (self._prefix, name) if part), content)

    async def _put(self, key: str, content: bytes) -> None:
        base = self._way.url.path.rstrip("/")
        path = f"{base}/{quote(self._bucket, safe='')}/{quote(key, safe='/-_.~')}"
        headers = {
            "content-type": "application/gzip",
            "host": self._way.url.netloc.decode(),
            "x-amz-content-sha256": hashlib.sha256(content).hexdigest(),
        }
        signed = signed_headers(
            "PUT", path, headers, self._region, self._key_id, self._secret, timezone.now()
        )
        answer = await self._way.request("PUT", path, content, signed)
        if answer.status == 404:
            raise Undelivered(
                f"{self._way.host} knows no bucket {self._bucket}.", "Make it, or correct its name."
            )
        if answer.status in (301, 307, 400):
            raise Undelivered(
                f"{self._way.host} answered {answer.status}.", "Check the region, and the address for it."
            )
        check_answer(answer, self._way.host)


def signed_headers(
    method: str, path: str, headers: dict[str, str], region: str, key_id: str, secret: str, now: datetime
) -> dict[str, str]:
    """With Amazon's signature, version 4. `headers` are in lower case, and have `host` and `x-amz-content-sha256`."""
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    day = moment[:8]
    all_headers = headers | {"x-amz-date": moment}
    names = ";".join(sorted(all_headers))
    canonical = "\n".join(
        [
            method,
            path,
            "",
            *(f"{name}:{all_headers[name].strip()}" for name in sorted(all_headers)),
            "",
            names,
            headers["x-amz-content-sha256"],
        ]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join([ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    authorization = f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return all_headers | {"authorization": authorization}
