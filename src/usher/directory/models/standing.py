"""What the directory says about each person in Asana, kept so that no page has to find it out."""

from django.db import models

from usher.connections.models import Connection
from usher.directory.models.employees import Employee
from usher.directory.models.sources import Source
from usher.roster.models import Person, Role


class Standing(models.Model):
    """What counts for a person's employment group, apart from the day.

    Triggers in PostgreSQL keep it in the transaction that changes a membership, a match, an employee or the list of
    service accounts; nothing else writes it. The rule is the function `usher_standing` of migration 0007. A last day
    that has passed turns `leaving` and `not_listed` into `left`: see `employment.status`.

    A list finds the rows of a page by this table alone, in the order of one of its indexes.
    """

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE, related_name="standing")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255, blank=True)
    words = models.TextField(
        blank=True, help_text="Name and e-mail, a line each, in capitals: what a search looks through."
    )
    group = models.CharField(
        max_length=15, blank=True, help_text="Before the last day. Empty without an active membership."
    )
    role = models.CharField(
        max_length=6, choices=Role, blank=True, help_text="The highest of the active memberships."
    )
    seats = models.PositiveIntegerField(default=0, help_text="Active memberships that are billed.")
    employee = models.ForeignKey(
        Employee, null=True, on_delete=models.SET_NULL, related_name="+", help_text="The one who counts."
    )
    source = models.ForeignKey(
        Source,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="That employee's.",
    )
    status = models.CharField(
        max_length=10, choices=Employee.Status, blank=True, help_text="Of that employee, before the last day."
    )
    last_day = models.DateField(null=True)
    ended_on = models.DateField(null=True, help_text="The day, in UTC, of the employee's `ended_at`.")

    class Meta:
        indexes = [
            models.Index("group", "last_day", name="standing_by_group"),
            models.Index(
                "group",
                "name",
                "person",
                include=["last_day", "role", "seats", "connection", "source"],
                name="standing_by_name",
            ),
            models.Index(
                "employee",
                include=["status", "last_day", "connection"],
                condition=models.Q(seats__gt=0),
                name="standing_with_seat",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.group}"
