"""Who asks for cases and who approves them: an approval counts only while its account is active and may approve."""

from usher.ledger.actors import Actor


def asker_and_approver() -> tuple[Actor, Actor]:
    """Inside Usher, with the database."""
    from usher.access.acting import actor_for
    from usher.access.models import User
    from usher.access.roles import UserRole

    found = []
    for name, role in (("olga@example.com", UserRole.OPERATOR), ("bob@example.com", UserRole.APPROVER)):
        user = User.objects.filter(username=name).first() or User.objects.create_user(name, name, role=role)
        found.append(actor_for(user, via="page"))
    asker, approver = found
    return asker, approver
