"""People of Usher by role, each signed in to a browser of their own."""

from django.test import Client

from usher.access.acting import actor_for
from usher.access.models import User
from usher.access.roles import UserRole
from usher.ledger.actors import Actor


def account(role: UserRole, name: str = "") -> User:
    """The same one each time; another one with another name."""
    address = f"{name or role.value}@example.com"
    found = User.objects.filter(username=address).first()
    return found or User.objects.create_user(
        address, address, "correct horse battery 9", name=(name or role.value).capitalize(), role=role
    )


def signed_in(role: UserRole, name: str = "") -> Client:
    client = Client()
    client.force_login(account(role, name))
    return client


def actor(user: User) -> Actor:
    """As the pages record them."""
    return actor_for(user, via="page")
