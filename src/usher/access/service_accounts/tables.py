"""The table of service accounts."""

import django_tables2 as tables
from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from usher.access.models import ServiceAccount
from usher.access.scope.change import shown_scope
from usher.web.cells import badge_cell
from usher.web.templatetags.components import when


def listed_accounts() -> QuerySet[ServiceAccount]:
    """With when a token of each was last used."""
    return ServiceAccount.objects.select_related("account").annotate(
        last_used_at=Max("account__api_tokens__last_used_at"),
    )


class ServiceAccountsTable(tables.Table):
    name = tables.Column(
        verbose_name="Service account", order_by=("account__name", "account_id"), accessor="account__name"
    )
    permissions = tables.Column(verbose_name="May", orderable=False)
    scope = tables.Column(verbose_name="Sees", empty_values=(), orderable=False)
    state = tables.Column(
        verbose_name="Account", order_by=("account__is_active", "account_id"), empty_values=()
    )
    ends_at = tables.Column(verbose_name="Ends", order_by=("ends_at", "account_id"))
    last_used_at = tables.Column(
        verbose_name="Last used", order_by=("last_used_at", "account_id"), empty_values=()
    )

    caption = "Service accounts"
    empty_title = "No service accounts"
    empty_icon = "key"

    class Meta:
        model = ServiceAccount
        empty_text = (
            "With one, a program acts in its own name, and goes on when the person who set it up leaves."
        )
        fields = ("name", "permissions", "scope", "state", "ends_at", "last_used_at")
        order_by = ("name",)

    def render_name(self, record: ServiceAccount) -> SafeString:
        url = reverse("access:service_account", args=[record.pk])
        return format_html(
            '<a href="{}">{}</a><span class="under-name text-secondary">{}</span>',
            url,
            record.account.get_full_name(),
            record.purpose,
        )

    def render_permissions(self, record: ServiceAccount) -> str:
        return record.permissions_in_words

    def render_scope(self, record: ServiceAccount) -> str:
        return shown_scope(record.account.seen)

    def render_state(self, record: ServiceAccount) -> SafeString:
        return badge_cell("service_account", record.state)

    def render_ends_at(self, record: ServiceAccount) -> SafeString:
        return when(record.ends_at, style="date")

    def render_last_used_at(self, record: ServiceAccount) -> SafeString:
        return when(record.last_used_at, "Never")  # type: ignore[attr-defined]  # annotated
