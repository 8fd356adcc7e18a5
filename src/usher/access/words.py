"""How roles and accounts of Usher are shown."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from usher.access.roles import UserRole
from usher.web.words import Word

ROLES = {
    UserRole.VIEWER: Word("Viewer", icon="eye"),
    UserRole.OPERATOR: Word("Operator", icon="refresh", tone="info"),
    UserRole.APPROVER: Word("Approver", icon="circle-check", tone="success"),
    UserRole.ADMIN: Word("Admin", icon="shield-check", tone="accent"),
}
ACTIVE = Word("Active", icon="circle-check", tone="success")
DEACTIVATED = Word("Deactivated", icon="circle-off")


def role_cell(role: str) -> SafeString:
    return _badge(ROLES[UserRole(role)])


def state_cell(*, is_active: bool) -> SafeString:
    return _badge(ACTIVE if is_active else DEACTIVATED)


def _badge(word: Word) -> SafeString:
    return render_to_string("web/components/badge.html", {"word": word})
