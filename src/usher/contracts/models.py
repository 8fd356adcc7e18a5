"""What is bought from Asana: contracts, the licences of each, and links to the calendar of their renewals."""

from django.db import models
from django.db.models import Q

from usher.access.models import User
from usher.connections.models import Connection
from usher.contracts.arithmetic.amounts import PricePeriod, UnitPrice
from usher.contracts.arithmetic.ladder import DEFAULT_LADDER
from usher.contracts.arithmetic.terms import Term
from usher.roster.models import Licence, Workspace


class Contract(models.Model):
    """A contract with Asana for one connection, or for some of its workspaces. It renews until it is deleted."""

    class Reducible(models.TextChoices):
        """When fewer seats can be bought."""

        AT_RENEWAL = "renewal", "At a renewal only"
        ANY_TIME = "any_time", "From any month on"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="contracts")
    name = models.CharField(max_length=100)
    plan = models.CharField(max_length=60, blank=True, help_text="Asana's name of it, such as Advanced.")
    currency = models.CharField(max_length=3, help_text="Three letters, such as EUR or USD.")
    renews_on = models.DateField(help_text="One of its renewals. The others are counted from it.")
    term_months = models.PositiveSmallIntegerField(default=12)
    notice_days = models.PositiveSmallIntegerField(default=30)
    reducible = models.CharField(max_length=8, choices=Reducible, default=Reducible.AT_RENEWAL)
    ladder = models.CharField(
        max_length=500, default=DEFAULT_LADDER, help_text="Pack sizes: see `arithmetic.ladder`."
    )
    workspaces = models.ManyToManyField(
        Workspace, related_name="contracts", blank=True, help_text="None: all of the connection."
    )

    class Meta:
        ordering = ("name", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(term_months__gte=1), name="contract_has_a_term"),
            models.UniqueConstraint("connection", "name", name="contract_name_once_per_connection"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def term(self) -> Term:
        return Term(self.renews_on, self.term_months, self.notice_days)


class LicencePurchase(models.Model):
    """So many licences of a kind, at a price, from a day until the next purchase of that kind. View-only licences
    without a purchase are free.
    """

    KINDS = (Licence.MEMBER, Licence.VIEW_ONLY)

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="purchases")
    licence = models.CharField(max_length=9, choices=[(kind.value, kind.label) for kind in KINDS])
    valid_from = models.DateField()
    seats = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=2, help_text="Of one licence, without tax.")
    period = models.CharField(
        max_length=5, choices=[(period.value, f"a {period.value}") for period in PricePeriod]
    )

    class Meta:
        ordering = ("licence", "valid_from")
        constraints = [
            models.UniqueConstraint("contract", "licence", "valid_from", name="purchase_once_a_day"),
            models.CheckConstraint(condition=Q(price__gte=0), name="purchase_price_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.seats} {self.get_licence_display()} at {self.price} a {self.period} from {self.valid_from}"

    @property
    def unit_price(self) -> UnitPrice:
        return UnitPrice(self.price, PricePeriod(self.period))


class CalendarLink(models.Model):
    """A secret address of a user, by which a calendar program reads the renewals that the user sees.

    Only the hash is stored, and the address is shown once.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_read_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"calendar link of {self.user_id}"
