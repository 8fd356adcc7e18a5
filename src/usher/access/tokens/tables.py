"""The table of all API tokens."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.access.models import ApiToken
from usher.web.cells import badge_cell
from usher.web.templatetags.components import when


class TokensTable(tables.Table):
    name = tables.Column(verbose_name="Token", order_by=("name", "id"))
    user = tables.Column(verbose_name="Owner", order_by=("user__username", "id"))
    permissions = tables.Column(orderable=False)
    expires_at = tables.Column(verbose_name="Ends", order_by=("expires_at", "id"))
    last_used_at = tables.Column(verbose_name="Last used", order_by=("last_used_at", "id"), empty_values=())

    caption = "API tokens"
    empty_title = "No API tokens"
    empty_icon = "key"

    class Meta:
        model = ApiToken
        empty_text = "Users create them on their profile."
        fields = ("name", "user", "permissions", "expires_at", "last_used_at")
        order_by = ("expires_at",)

    def render_name(self, record: ApiToken) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("access:token", args=[record.pk]), record.name)

    def render_user(self, record: ApiToken) -> SafeString:
        page = "access:service_account" if record.user.is_service else "access:user"
        url = reverse(page, args=[record.user_id])
        return format_html('<a class="text-break" href="{}">{}</a>', url, record.user.username)

    def render_permissions(self, record: ApiToken) -> str:
        return record.permissions_in_words

    def render_expires_at(self, record: ApiToken) -> SafeString:
        state = "expired" if record.is_expired else "soon" if record.ends_soon else ""
        badge = badge_cell("token", state) if state else ""
        return format_html("{} {}", when(record.ends_at, style="date"), badge)

    def render_last_used_at(self, record: ApiToken) -> SafeString:
        used = when(record.last_used_at, "Never")
        if record.last_used_from is None:
            return used
        return format_html('{}<br><span class="text-secondary">{}</span>', used, record.last_used_from)
