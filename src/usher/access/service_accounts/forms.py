"""Forms for a service account and for its tokens."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from usher.access.models import ServiceAccount, User
from usher.access.permissions import FOR_SERVICE_ACCOUNTS, TokenPermission
from usher.access.scope.forms import ScopeForm
from usher.access.service_accounts.accounts import Terms
from usher.access.tokens.api_tokens import DEFAULT_DAYS, end_of
from usher.access.tokens.forms import LIFETIMES
from usher.web.lists import day_widget

MAY = {
    TokenPermission.READ: "see people, usage and cases",
    TokenPermission.OPEN_CASES: "also sync, import people, request cases and stop removals",
    TokenPermission.ADMINISTER: "also connections, settings and rules, but neither users nor guardrails",
}
FIRST_DAYS = 365


class TermsForm(ScopeForm):
    """What a service account may do. A new one has a name, too."""

    purpose = forms.CharField(
        label="What is it for?",
        max_length=300,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "Sends leavers to the ticket system"}
        ),
    )
    permissions = forms.MultipleChoiceField(
        label="What may it do?",
        choices=[(str(each), f"{each.label}: {MAY[each]}") for each in FOR_SERVICE_ACCOUNTS],
        initial=[TokenPermission.READ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what the service account may do."},
        help_text="No service account approves, restores people or resumes removals.",
    )
    ends_on = forms.DateField(
        label="Last day",
        widget=day_widget(),
        help_text="After this day, in UTC, none of its tokens works.",
    )
    contact = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        empty_label="Nobody: admins are told",
        help_text="Who is told of new tokens and of those that end soon.",
    )
    field_order = ["name", "purpose", "permissions", "sees", "connections", "ends_on", "contact"]

    def __init__(
        self,
        *arguments: object,
        service: ServiceAccount | None = None,
        viewer: User | None = None,
        **options: object,
    ) -> None:
        super().__init__(*arguments, scope=service.account.scope if service else None, **options)
        contact = self.fields["contact"]
        contact.queryset = User.objects.filter(is_active=True).order_by("username")  # type: ignore[attr-defined]
        contact.initial = service.contact_id if service else viewer and viewer.pk
        self.fields["ends_on"].initial = (
            service.ends_at.date() if service else timezone.now().date() + timedelta(days=FIRST_DAYS)
        )
        if service:
            self.fields["purpose"].initial = service.purpose
            self.fields["permissions"].initial = service.permissions

    @property
    def terms(self) -> Terms:
        """Call after `is_valid`."""
        given = self.cleaned_data
        return Terms(
            purpose=given["purpose"],
            permissions=given["permissions"],
            ends_at=end_of(given["ends_on"]),
            connections=self.chosen,
            contact=given["contact"],
        )


class AddServiceAccountForm(TermsForm):
    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Ticket system"}),
        help_text="The ledger names it in small letters, such as “ticket-system”.",
    )


class ServiceTokenForm(forms.Form):
    name = forms.CharField(
        label="Where is the token used?",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Production"}),
    )
    days = forms.ChoiceField(
        label="Ends after",
        choices=LIFETIMES,
        initial=str(DEFAULT_DAYS),
        help_text="An admin can extend it. It never works longer than the service account.",
    )
