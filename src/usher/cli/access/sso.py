"""`usher allow-passwords`: the way out where single sign-on is required and does not work."""

import click

from usher.access.roles import Action
from usher.access.sso import policy
from usher.cli.identity import demand
from usher.cli.output import echo
from usher.cli.runtime import needs_database


@click.command("allow-passwords")
@needs_database
def allow_passwords() -> None:
    """Let passwords and links sign in again.

    For the day on which single sign-on is required and the identity provider does not work. Everybody with a password
    can sign in again at once; an admin can require single sign-on anew under Settings → Single sign-on.
    """
    if policy.allow_passwords(demand(Action.SETTINGS)):
        echo("Passwords and links sign in again. For a new link: usher sign-in-link E-MAIL")
    else:
        echo("Single sign-on is not required: passwords and links sign in already.")
