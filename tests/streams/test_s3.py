"""Objects in a store that speaks S3: moto's, over HTTP. The signature is compared with that of Amazon's own library."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.credentials import Credentials
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from tests.support.activity.written_events import NOON, an_event, write
from tests.support.streams.sending import a_stream, send
from usher.roster.models import Workspace
from usher.streams.models import StreamDestination
from usher.streams.sending.s3 import signed_headers


@pytest.fixture
def s3() -> Iterator[BaseClient]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    httpx.post(f"http://127.0.0.1:{port}/moto-api/reset")  # of what another test stored in this process
    client = get_session().create_client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-central-1",
        aws_access_key_id="key",
        aws_secret_access_key="right",
    )
    client.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield client
    server.stop()


def stored(s3: BaseClient) -> dict[str, list[str]]:
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="logs").get("Contents", [])]
    bodies = {key: s3.get_object(Bucket="logs", Key=key)["Body"].read() for key in keys}
    return {
        key: [json.loads(line)["metadata"]["uid"] for line in gzip.decompress(body).splitlines()]
        for key, body in bodies.items()
    }


def an_s3_stream(s3: BaseClient, **fields: object) -> StreamDestination:
    return a_stream(
        "s3",
        s3.meta.endpoint_url,
        **({"place": "logs/usher", "region": "eu-central-1", "key_id": "key"} | fields),
    )


def test_an_object_for_each_batch_and_day(org: Workspace, s3: BaseClient) -> None:
    stream = an_s3_stream(s3)
    begin = stream.event_cursor
    one, two = write(org, an_event(NOON.replace(day=1)), an_event(NOON.replace(day=2)))
    assert send(stream) == 2
    assert stored(s3) == {
        f"usher/asana/2026/06/01/e{begin:015}.jsonl.gz": [one],
        f"usher/asana/2026/06/02/e{begin:015}.jsonl.gz": [two],
    }


def test_a_batch_that_is_sent_again_replaces_its_object(org: Workspace, s3: BaseClient) -> None:
    stream = an_s3_stream(s3)
    begin = stream.event_cursor
    first = write(org, an_event(), an_event())
    send(stream)
    StreamDestination.objects.update(event_cursor=begin)  # as if the process had died before the cursor moved
    more = write(org, an_event())
    send(stream)
    assert stored(s3) == {f"usher/asana/2026/06/10/e{begin:015}.jsonl.gz": [*first, *more]}


def test_a_bucket_that_is_not_there_is_named(org: Workspace, s3: BaseClient) -> None:
    stream = an_s3_stream(s3, place="nowhere")
    write(org, an_event())
    assert send(stream) == 0
    assert "knows no bucket nowhere" in stream.problem


@given(
    st.text("abcXYZ019/-_.", min_size=1, max_size=30),
    st.binary(max_size=50),
    st.text("abcXYZ019+/", min_size=1, max_size=40),
    st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_the_signature_is_that_of_amazons_library(
    path: str, content: bytes, secret: str, now: datetime
) -> None:
    path = f"/logs/{path}"
    digest = hashlib.sha256(content).hexdigest()
    headers = {"content-type": "application/gzip", "host": "s3.example.com", "x-amz-content-sha256": digest}
    ours = signed_headers("PUT", path, headers, "eu-west-1", "id", secret, now)
    request = AWSRequest("PUT", f"https://s3.example.com{path}", data=content, headers=headers)
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    signer = S3SigV4Auth(Credentials("id", secret), "s3", "eu-west-1")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert ours["authorization"].endswith(f"Signature={signature}")
