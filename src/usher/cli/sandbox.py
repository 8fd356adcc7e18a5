"""`usher sandbox`: a simulated Asana to run against."""

import click

from usher.cli.runtime import Failed


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@click.option("--people", default=2000, show_default=True, type=click.IntRange(12, 1_000_000))
@click.option("--seed", default=7, show_default=True, help="The same seed makes the same company.")
@click.option(
    "--latency", default=0.0, show_default=True, type=click.FloatRange(0, 60), help="Seconds an answer."
)
@click.option(
    "--per-minute",
    type=click.IntRange(0),
    help="Requests a minute and token; 0: no limit. Default: Asana's, 1500 (150 with --free).",
)
@click.option("--audit-events", type=click.IntRange(0), help="So many events in the audit log, about.")
@click.option("--free", is_flag=True, help="A company on Asana's free plan.")
@click.option(
    "--equal-workspaces", type=click.IntRange(1, 100), help="So many organizations of the same size."
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
    """Run a simulated Asana with an invented company, to try Usher without touching a real one."""
    from usher.sandbox import serve

    url = f"http://{host}:{port}"
    click.echo(f"A simulated Asana with {people:,} people starts at {url} (Ctrl-C stops it).")
    click.echo(f"Point Usher to it: export USHER_ASANA_URL={url}")
    click.echo("Personal access token: sandbox-pat-1. Service-account token: sandbox-service-1.")
    click.echo("OAuth app: client ID sandbox-client, secret sandbox-secret.")
    click.echo(f"All accounts and tokens: {url}/-/sandbox")
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


COMMANDS = [sandbox]
