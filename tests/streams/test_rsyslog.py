"""Debian's own rsyslog, over TLS. Skipped where it is not installed (`make rsyslog`)."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.activity.written_events import NOON, an_event, write
from tests.support.ports import free_port
from tests.support.streams.ocsf_schema import problems_of
from tests.support.streams.sending import a_stream, send
from usher.roster.models import Workspace
from usher.streams.sending.message import StreamMessage
from usher.streams.sending.syslog import framed, host_and_port

RSYSLOGD = shutil.which("rsyslogd") or "/usr/sbin/rsyslogd"
has_rsyslog = Path(RSYSLOGD).exists() and any(Path("/usr/lib").glob("*/rsyslog/lmnsd_gtls.so"))
needs_rsyslog = pytest.mark.skipif(not has_rsyslog, reason="rsyslog and rsyslog-gnutls are not installed")

CONFIGURATION = """
global(
    workDirectory="{folder}" maxMessageSize="64k"
    DefaultNetstreamDriver="gtls" DefaultNetstreamDriverCAFile="{folder}/authority.pem"
    DefaultNetstreamDriverCertFile="{folder}/server.pem" DefaultNetstreamDriverKeyFile="{folder}/server.key"
)
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.Authmode="anon")
template(name="parts" type="list") {{
    property(name="pri") constant(value="|") property(name="timereported" dateFormat="rfc3339")
    constant(value="|") property(name="app-name") constant(value="|") property(name="msgid")
    constant(value="|") property(name="msg") constant(value="\\n")
}}
input(type="imtcp" port="{port}")
action(type="omfile" file="{folder}/taken.log" template="parts")
"""


@dataclass
class Rsyslog:
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def authority(self) -> str:
        return (self.folder / "authority.pem").read_text()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [RSYSLOGD, "-n", "-f", self.folder / "rsyslog.conf", "-i", self.folder / "pid"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while subprocess.run(
            ["bash", "-c", f"</dev/tcp/127.0.0.1/{self.port}"], capture_output=True
        ).returncode:
            assert time.monotonic() < until and self.process.poll() is None, "rsyslog did not start"
            time.sleep(0.1)

    def stop(self) -> None:
        """Writes what it has taken."""
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def taken(self) -> list[list[str]]:
        """Priority, time, name of the program, id of the message and text."""
        path = self.folder / "taken.log"
        rows = path.read_text().splitlines() if path.exists() else []
        return [row.split("|", 4) for row in rows if "|usher|" in row]


def make_certificates(folder: Path) -> None:
    """An authority, and a certificate of it for this machine."""
    now = datetime.now(UTC)

    def certificate(
        name: str,
        key: ec.EllipticCurvePrivateKey,
        issuer: str,
        signer: ec.EllipticCurvePrivateKey,
        is_authority: bool,
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
            )
        )
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    own, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (folder / "authority.pem").write_bytes(certificate("Test authority", own, "Test authority", own, True))
    (folder / "server.pem").write_bytes(certificate("logs", server, "Test authority", own, False))
    (folder / "server.key").write_bytes(
        server.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )


@pytest.fixture
def rsyslog(tmp_path: Path) -> Iterator[Rsyslog]:
    make_certificates(tmp_path)
    server = Rsyslog(tmp_path, free_port())
    (tmp_path / "rsyslog.conf").write_text(CONFIGURATION.format(folder=tmp_path, port=server.port))
    tmp_path.chmod(0o755)
    server.start()
    yield server
    server.stop()


@needs_rsyslog
def test_rsyslog_reads_every_message_whole(org: Workspace, rsyslog: Rsyslog) -> None:
    stream = a_stream("syslog", f"127.0.0.1:{rsyslog.port}", authority=rsyslog.authority)
    long = an_event(NOON, details={"new_value": "lang\nund " * 700, "quote": '"|<134>1'})
    gids = write(org, an_event(NOON), long, *(an_event(NOON) for _ in range(1_000)))
    assert send(stream) == len(gids), stream.problem
    rsyslog.stop()
    taken = rsyslog.taken()
    assert {tuple(row[:4]) for row in taken} == {
        ("109", "2026-06-10T12:00:00.000Z", "usher", "user_login_succeeded")
    }
    events = [json.loads(row[4]) for row in taken]
    assert [event["metadata"]["uid"] for event in events] == gids
    assert problems_of(events[1]) == []
    assert json.loads(events[1]["raw_data"])["details"]["quote"] == '"|<134>1'


@needs_rsyslog
def test_a_certificate_of_another_authority_is_refused(org: Workspace, rsyslog: Rsyslog) -> None:
    stream = a_stream("syslog", f"127.0.0.1:{rsyslog.port}")
    write(org, an_event())
    assert send(stream) == 0
    assert "certificate" in stream.problem


@needs_rsyslog
def test_an_outage_of_rsyslog_is_caught_up(org: Workspace, rsyslog: Rsyslog) -> None:
    stream = a_stream("syslog", f"127.0.0.1:{rsyslog.port}", authority=rsyslog.authority)
    gids = write(org, an_event())
    send(stream)
    rsyslog.stop()
    gids += write(org, an_event(), an_event())
    assert send(stream) == 0
    assert "failed" in stream.problem
    rsyslog.start()
    assert send(stream) == 2, stream.problem
    rsyslog.stop()
    assert [json.loads(row[4])["metadata"]["uid"] for row in rsyslog.taken()] == gids


def test_a_frame_says_its_length_in_octets() -> None:
    message = StreamMessage("1", NOON, "asana", "a type with ü", '{"ü": 1}'.encode())
    length, _, rest = framed(message).partition(b" ")
    assert int(length) == len(rest)
    assert rest.startswith(b"<109>1 2026-06-10T12:00:00.000Z ")
    assert rest.endswith(' usher - a_type_with__ - {"ü": 1}'.encode())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("logs.example.com", ("logs.example.com", 6514)),
        ("logs.example.com:601", ("logs.example.com", 601)),
        ("[2001:db8::1]:601", ("2001:db8::1", 601)),
        ("2001:db8::1", ("2001:db8::1", 6514)),
    ],
)
def test_host_and_port(address: str, expected: tuple[str, int]) -> None:
    assert host_and_port(address) == expected
