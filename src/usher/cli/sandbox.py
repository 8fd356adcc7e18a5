"""`usher sandbox`: a simulated Asana to run against."""

import click

from usher.cli.errors import Failed
from usher.cli.output import echo
from usher.sandbox import serve


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@click.option("--people", default=2000, show_default=True, type=click.IntRange(12, 1_000_000))
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same company.")
@click.option(
    "--latency",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 60),
    help="Seconds that each answer takes.",
)
@click.option(
    "--per-minute",
    type=click.IntRange(0),
    help="Requests per minute and token; 0: no limit. Default: 1500, as in Asana (150 with --free).",
)
@click.option("--audit-events", type=click.IntRange(0), help="How many events the audit log holds, roughly.")
@click.option("--free", is_flag=True, help="A company on Asana's free plan.")
@click.option(
    "--equal-workspaces",
    type=click.IntRange(1, 1_000),
    help="How many organizations of equal size there are.",
)
def sandbox(
    host: str,
    port: int,
    people: int,
    seed: int,
    latency: float,
    per_minute: int | None,
    audit_events: int | None,
    *,
    free: bool,
    equal_workspaces: int | None,
) -> None:
    """Run the simulated Asana alone.

    It has an invented company, to try Usher without touching a real account.
    """
    url = f"http://{host}:{port}"
    echo(f"A simulated Asana with {people:,} people starts at {url} (Ctrl-C stops it).")
    echo(f"Point Usher to it: export USHER_ASANA_URL={url}")
    echo("Personal access token: sandbox-pat-1. Service-account token: sandbox-service-1.")
    echo("OAuth app: client ID sandbox-client, secret sandbox-secret.")
    echo(f"All accounts and tokens: {url}/-/sandbox")
    try:
        serve(
            host,
            port,
            people,
            seed,
            latency_seconds=latency,
            per_minute=per_minute,
            audit_events=audit_events,
            equal_workspaces=equal_workspaces,
            free=free,
        )
    except OSError as error:
        raise Failed(f"The sandbox cannot be served at {url}: {error}") from error
