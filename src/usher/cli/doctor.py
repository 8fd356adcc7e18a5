"""`usher doctor`."""

import click

from usher.activity.doctor import listed_finding
from usher.cli.errors import Failed
from usher.cli.output import print_check
from usher.cli.runtime import database
from usher.connections.doctor import examine
from usher.directory.doctor import directory_findings, recount_finding
from usher.insights.health.doctor import health_findings


@click.command()
@click.option(
    "--recount", is_flag=True, help="Also count again what is kept counted, and correct what differs."
)
def doctor(*, recount: bool) -> None:
    """Check the installation.

    Checks settings, data folder, database, keys, the connection to Asana, worker, syncs, ledger, disk, and what
    identity providers push.
    For each problem it says what to do.
    """
    with database():
        findings = [*examine(), *health_findings(), *directory_findings()]
        if recount:
            findings += [listed_finding(), recount_finding()]
    for finding in findings:
        print_check(finding.outcome, finding.label, finding.detail, finding.remedy)
    if any(finding.outcome == "failed" for finding in findings):
        raise Failed("There are problems; see above.")
