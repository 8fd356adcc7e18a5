"""A real Usher with a synced company, for clients that come from elsewhere."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.cli.running import Usher, migrated_database
from tests.support.paths import ROOT
from tests.support.pool.pages import run
from usher.sandbox import running

OTHER_CLIENT = Path(__file__).parent / "other_client.mjs"
MAKE_TOKEN = """
from usher.access.models import User
from usher.access.tokens.api_tokens import make_token
from usher.ledger.actors import SYSTEM
print(make_token(User.objects.get(username={email!r}), "assistant", SYSTEM))
"""


@dataclass
class Company:
    """An installation with one synced connection, and the token of an operator."""

    usher: Usher
    token: str


@contextmanager
def a_company_in_processes(home: Path, name: str) -> Iterator[Company]:
    with running(people=60, seed=7, per_minute=0) as asana, migrated_database(name) as url:
        usher = Usher(USHER_HOME=str(home), USHER_ASANA_URL=asana.url, DATABASE_URL=url)
        run(usher, "connect", "--name", "Acme", "--token", "sandbox-pat-1", "--mode", "act")
        run(usher, "sync", "Acme")
        run(usher, "users", "add", "olga@example.com", "--role", "operator")
        yield Company(usher, token_of(usher, "olga@example.com"))


def token_of(usher: Usher, email: str) -> str:
    return run(usher, "manage", "shell", "--no-imports", "-c", MAKE_TOKEN.format(email=email)).split()[-1]


def told_to_other_client(
    way: list[str], *requests: dict[str, object], environment: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """What the TypeScript SDK gets for each request, after what the server says of itself."""
    done = subprocess.run(
        ["node", str(OTHER_CLIENT), *way],
        input="".join(json.dumps(request) + "\n" for request in requests),
        cwd=ROOT,
        env=environment or dict(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
