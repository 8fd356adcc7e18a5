"""`usher sign-in-link`: the way in when there is no account yet, or a password is lost."""

from typing import TYPE_CHECKING

import click

from usher.cli.environment import Failed, needs_database

if TYPE_CHECKING:
    from usher.access.models import User


def link_for(user: "User | None") -> str:
    """A fresh link that signs in once; without a user, to make the first account."""
    from django.conf import settings
    from django.urls import reverse

    from usher.access.models import SignInLink

    return f"{settings.USHER_BASE_URL}{reverse('access:welcome', args=[SignInLink.issue(user)])}"


@click.command("sign-in-link")
@click.argument("username", required=False)
@needs_database
def sign_in_link(username: str | None) -> None:
    """Print a link that signs in once: as USERNAME, or, while nobody can sign in, to make the first account."""
    from usher.access.models import User

    if username is None:
        if User.objects.exists():
            names = ", ".join(User.objects.values_list("username", flat=True))
            raise Failed("There are accounts already.", f"Say whose link it shall be: {names}.")
        click.echo(link_for(None))
        return
    user = User.objects.filter(username__iexact=username, is_active=True).first()
    if user is None:
        raise Failed(f"There is no account “{username}”.")
    click.echo(link_for(user))


COMMANDS = [sign_in_link]
