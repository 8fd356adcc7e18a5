"""A client made from the description by a generator of others, used as its readers would."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from tests.support.removal.accounts import account
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.ledger.actors import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)

NOT_JSON = "GET /api/v1/events/raw"
"""Of JSON Lines the generator makes a function without an answer, and says so."""
USED = """
import sys
from usher_client import AuthenticatedClient
from usher_client.api.people import {operation} as listing

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
names, cursor = [], None
while True:
    page = listing.sync(client=client, limit=2, **({{"cursor": cursor}} if cursor else {{}}))
    names += [one.name for one in page.items]
    if page.next_ is None:
        break
    cursor = page.next_
print(",".join(names))
"""


def test_a_client_made_from_it_reads_all_pages_of_a_list(live_server: LiveServer, tmp_path: Path) -> None:
    place = a_workspace(a_connection(), "Acme", "acme.example")
    for number in range(5):
        a_member(place, f"P{number}", f"p{number}@acme.example")
    token = make_token(account(UserRole.VIEWER), "made client", SYSTEM)

    description = tmp_path / "openapi.json"
    description.write_bytes(httpx.get(f"{live_server.url}/api/v1/openapi.json").content)
    options = tmp_path / "options.yaml"
    options.write_text("post_hooks: []\n")
    generator = Path(sys.executable).with_name("openapi-python-client")
    made = subprocess.run(
        [
            generator,
            "generate",
            "--path",
            description,
            "--config",
            options,
            "--output-path",
            tmp_path / "made",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    warned = [line for line in (made.stdout + made.stderr).splitlines() if line.startswith("WARNING")]
    assert [NOT_JSON in line for line in warned] == [True], warned

    folder = tmp_path / "made" / "usher_client" / "api" / "people"
    (operation,) = (path.stem for path in folder.glob("*list_memberships*.py"))
    used = subprocess.run(
        [sys.executable, "-c", USED.format(operation=operation), live_server.url, token],
        cwd=tmp_path / "made",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert used.stdout.strip() == "P0,P1,P2,P3,P4", used.stderr
