"""The forms of a contract and of what was bought under it."""

from decimal import Decimal

from django import forms

from usher.connections.models import Connection
from usher.contracts.agreements.checks import (
    LONGEST_NOTICE_DAYS,
    LONGEST_TERM_MONTHS,
    SETTINGS,
    PurchaseTerms,
)
from usher.contracts.agreements.query import places_of
from usher.contracts.arithmetic.amounts import PricePeriod
from usher.contracts.arithmetic.ladder import DEFAULT_LADDER, MOST_SEATS, LadderUnreadable, ladder
from usher.contracts.models import Contract, LicencePurchase
from usher.roster.models import Licence, Workspace
from usher.roster.seat_prices.forms import CHOICES

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ContractForm(forms.ModelForm[Contract]):
    """Names, dates and rules. `workspaces` is there where the account has several."""

    currency = forms.ChoiceField(choices=CHOICES)
    renews_on = forms.DateField(
        label="Renews on",
        widget=DAY,
        help_text="A date on which it renews, such as the next one. Usher counts the others from it.",
    )
    term_months = forms.IntegerField(
        label="Renews for (months)", min_value=1, max_value=LONGEST_TERM_MONTHS, initial=12
    )
    notice_days = forms.IntegerField(
        label="Notice (days before the renewal)",
        min_value=0,
        max_value=LONGEST_NOTICE_DAYS,
        initial=30,
        help_text="With 0, changes are possible until the renewal itself.",
    )
    reducible = forms.ChoiceField(
        label="Fewer seats can be bought",
        choices=Contract.Reducible.choices,
        widget=forms.RadioSelect,
        initial=Contract.Reducible.AT_RENEWAL,
    )
    ladder = forms.CharField(
        label="Pack sizes",
        max_length=500,
        initial=DEFAULT_LADDER,
        help_text="From small to large: sizes, then steps. Asana publishes no list: compare what is filled in with "
        "your order form. For seats that are sold singly, enter “1, by 1”.",
    )
    workspaces = forms.ModelMultipleChoiceField(
        label="Covers",
        queryset=Workspace.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Without a choice, the contract covers all workspaces of the account.",
    )

    class Meta:
        model = Contract
        fields = (*SETTINGS, "workspaces")
        labels = {"name": "Name", "plan": "Asana plan"}
        help_texts = {"plan": "Such as Starter, Advanced or Enterprise."}

    def __init__(self, connection: Connection, data: object = None, instance: Contract | None = None) -> None:
        super().__init__(data, instance=instance)  # type: ignore[arg-type]
        places = places_of(connection)
        chosen = self.fields["workspaces"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)
        chosen.queryset = places
        if places.count() < 2:
            del self.fields["workspaces"]

    def clean_ladder(self) -> str:
        try:
            return ladder(self.cleaned_data["ladder"]).text
        except LadderUnreadable as refusal:
            raise forms.ValidationError(f"{refusal.message} {refusal.remedy}") from refusal

    @property
    def chosen_workspaces(self) -> list[Workspace]:
        return list(self.cleaned_data.get("workspaces") or [])

    def validate_unique(self) -> None:
        """The verb refuses a second contract with the same name."""


class PurchaseForm(forms.Form):
    """What is bought of a licence, from a day on. Without seats, an optional form says that nothing is."""

    licence = forms.ChoiceField(
        label="Licence", choices=[(kind.value, kind.label) for kind in LicencePurchase.KINDS]
    )
    seats = forms.IntegerField(label="Seats bought", min_value=0, max_value=MOST_SEATS)
    price = forms.DecimalField(
        label="Price each",
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
    )
    period = forms.ChoiceField(
        label="The price is for", choices=[(period.value, f"a {period.value}") for period in PricePeriod]
    )
    valid_from = forms.DateField(label="Since", widget=DAY)

    def __init__(self, data: object = None, *, licence: Licence | None = None, required: bool = True) -> None:
        super().__init__(data, prefix=licence.value if licence else None)  # type: ignore[arg-type]
        self.fixed_licence = licence
        self.is_optional = not required
        if licence is not None:
            del self.fields["licence"]
        if not required:
            for field in self.fields.values():
                field.required = False

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if self.is_optional and cleaned.get("seats") is not None:
            for name in ("price", "valid_from"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, "This field is required.")
        return cleaned

    @property
    def terms(self) -> PurchaseTerms | None:
        """None where an optional form was left empty."""
        given = self.cleaned_data
        if given.get("seats") is None:
            return None
        return PurchaseTerms(
            licence=self.fixed_licence or Licence(given["licence"]),
            valid_from=given["valid_from"],
            seats=given["seats"],
            price=given["price"],
            period=PricePeriod(given["period"]),
        )
