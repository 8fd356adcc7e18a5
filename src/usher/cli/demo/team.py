"""The demo's users: three admins, an operator who requests removals, and an approver."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from usher.access.acting import actor_for
from usher.access.first_account import make_first_account
from usher.access.models import SignInLink, User
from usher.access.roles import UserRole
from usher.access.users.accounts import add_user
from usher.cli.demo.workforce import Workforce
from usher.ledger.actors import Actor

ADMINS = ("Priya Nair", "Jonas Weber")
"""Of the company's IT provider: they have no seats in Asana."""


@dataclass(frozen=True)
class DemoTeam:
    """`admin` is the visitor. `rule_maker` makes the rules, so that both other admins may approve them."""

    admin: Actor
    operator: Actor
    approver: Actor
    rule_maker: Actor
    second_admin: Actor


def add_team(workforce: Workforce) -> DemoTeam:
    admin = _first_account(workforce.admin.email or "", workforce.admin.name)
    domain = (workforce.admin.email or "").rpartition("@")[2]
    others = (
        (workforce.operator.name, workforce.operator.email or "", UserRole.OPERATOR),
        (workforce.approver.name, workforce.approver.email or "", UserRole.APPROVER),
        *((name, f"{name.lower().replace(' ', '.')}@{domain}", UserRole.ADMIN) for name in ADMINS),
    )
    users = (add_user(email, role, admin, name) for name, email, role in others)
    return DemoTeam(admin, *(actor_for(user, via="page") for user in users))


def signs_in(actor: Actor, moment: datetime) -> Actor:
    """Whoever acts on a page has signed in shortly before."""
    User.objects.filter(pk=actor.user_id or 0).update(last_login=moment)
    return actor


def _first_account(email: str, name: str) -> Actor:
    account = User(username=email.lower(), email=email.lower(), name=name)
    # A password that nobody knows: without any, the sign-in link would lead to the page that sets one.
    account.set_password(secrets.token_urlsafe(32))
    link = SignInLink.find_open(SignInLink.issue())
    assert link is not None
    make_first_account(link, account)
    return actor_for(account, via="page")
