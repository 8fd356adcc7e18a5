"""The table of users."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.safestring import SafeString

from usher.access.models import User
from usher.access.scope.change import shown_scope
from usher.web.cells import badge_cell, person_cell
from usher.web.templatetags.components import when


class UsersTable(tables.Table):
    name = tables.Column(verbose_name="User", order_by=("name", "username"), empty_values=())
    role = tables.Column(order_by=("role", "username"))
    scope = tables.Column(verbose_name="Sees", empty_values=(), orderable=False)
    is_active = tables.Column(verbose_name="Account", order_by=("is_active", "username"))
    last_login = tables.Column(verbose_name="Last sign-in", empty_values=())
    date_joined = tables.Column(verbose_name="Since")

    caption = "Users"

    class Meta:
        model = User
        fields = ("name", "role", "scope", "is_active", "last_login", "date_joined")
        order_by = ("name",)

    def render_name(self, record: User) -> SafeString:
        return person_cell(record.name, record.username, reverse("access:user", args=[record.pk]))

    def render_role(self, record: User) -> SafeString:
        return badge_cell("user_role", record.role)

    def render_scope(self, record: User) -> str:
        return shown_scope(record.seen)

    def render_is_active(self, record: User) -> SafeString:
        return badge_cell("user_state", "active" if record.is_active else "deactivated")

    def render_last_login(self, record: User) -> SafeString:
        return when(record.last_login, "Never")

    def render_date_joined(self, record: User) -> SafeString:
        return when(record.date_joined, style="date")
