"""`python -m usher.sandbox`: the sandbox without the rest of Usher."""

import argparse
import contextlib
import sys

from usher.sandbox.http.server import serve
from usher.sandbox.oauth.endpoints import CLIENT_ID, CLIENT_SECRET


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m usher.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--per-minute", type=int, help="requests a minute; 0: no limit; default: Asana's")
    parser.add_argument("--equal-workspaces", type=int, metavar="K")
    parser.add_argument("--free", action="store_true", help="a company on Asana's free plan")
    parser.add_argument("--audit-events", type=int, metavar="N", help="so many events in the audit log")
    options = parser.parse_args()
    sys.stdout.write(
        f"Asana sandbox on http://{options.host}:{options.port} (what it holds: /-/sandbox)\n"
        f"OAuth app: {CLIENT_ID} / {CLIENT_SECRET}\n"
        "Personal access tokens: sandbox-pat-1 (super admin), sandbox-pat-2 (admin of another company),\n"
        "  sandbox-pat-3 (member), sandbox-pat-4 (view-only), sandbox-pat-5 (guest)\n"
        "Service accounts: sandbox-service-1, sandbox-service-2, sandbox-service-noaudit; "
        "refused: sandbox-revoked\n"
    )
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        serve(
            options.host,
            options.port,
            options.people,
            options.seed,
            latency_seconds=options.latency,
            per_minute=options.per_minute,
            equal_workspaces=options.equal_workspaces,
            free=options.free,
            audit_events=options.audit_events,
        )


if __name__ == "__main__":
    main()
