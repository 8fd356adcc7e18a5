"""Employees, as one source reports them, and their history."""

from datetime import UTC, date

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from usher.directory.models.sources import Source


class Employee(models.Model):
    """A person in the company's directory, as one source reports them. Kept after they have left."""

    class Kind(models.TextChoices):
        EMPLOYEE = "employee", "Employee"
        CONTRACTOR = "contractor", "Contractor"

    class Status(models.TextChoices):
        """What `is_active` and `last_day` mean on a given day. Never stored."""

        ACTIVE = "active", "Active"
        LEAVING = "leaving", "Leaving"
        LEFT = "left", "Left"
        NOT_LISTED = "not_listed", "No longer listed"

    # Three indexes begin with the source.
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="employees", db_index=False)
    key = models.CharField(
        max_length=320, help_text="What tells employees of the source apart: external id, else e-mail."
    )
    external_id = models.CharField(max_length=320, blank=True)
    email = models.CharField(max_length=320, blank=True)
    other_addresses = models.JSONField[list[str], list[str]](default=list)
    name = models.CharField(max_length=255, blank=True)
    department = models.CharField(max_length=255, blank=True)
    manager = models.CharField(max_length=320, blank=True, help_text="E-mail or external id, as given.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EMPLOYEE)
    is_active = models.BooleanField(default=True, help_text="False once the source says that they left.")
    last_day = models.DateField(null=True, help_text="The last day of work, where the source names one.")
    ended_at = models.DateTimeField(
        null=True, help_text="When the source was seen to say that they left, or to list them no more."
    )
    is_listed = models.BooleanField(
        default=True,
        help_text="False when a source that lists everyone lists them no more. It is a question.",
    )
    absence_accepted_at = models.DateTimeField(
        null=True, help_text="When somebody said that they have left, since they are no longer listed."
    )
    absence_accepted_by = models.CharField(max_length=320, blank=True)
    start_date = models.DateField(null=True)
    on_leave = models.BooleanField(default=False)
    returns_on = models.DateField(null=True, help_text="When the leave is expected to end.")
    sign_in_off = models.BooleanField(
        default=False,
        help_text="Their account in the company's directory is switched off. They may still work here.",
    )
    past_addresses = ArrayField(
        models.CharField(max_length=320),
        default=list,
        help_text="Normal forms of addresses that they had. They match until somebody else has them.",
    )
    row_remarks = models.JSONField[list[dict[str, str]], list[dict[str, str]]](
        default=list, help_text="What in their entry does not fit together: kind and text."
    )
    details = models.JSONField[dict[str, object], dict[str, object]](
        default=dict, help_text="What else a SCIM client sent, kept so that it gets back what it gave."
    )
    first_seen_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    # The normal forms that matching compares: see `normalise`.
    addresses = ArrayField(models.CharField(max_length=320), default=list)
    local_parts = ArrayField(models.CharField(max_length=320), default=list)
    name_key = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("source", "key", name="employee_once_per_source")]
        indexes = [
            GinIndex("addresses", name="employee_by_addresses", fastupdate=False),
            GinIndex("local_parts", name="employee_by_local_parts", fastupdate=False),
            GinIndex("past_addresses", name="employee_by_past_addresses", fastupdate=False),
            models.Index("name_key", name="employee_by_name_key"),
            models.Index("email", name="employee_by_email"),
            models.Index("is_active", "last_day", name="employee_by_status"),
            models.Index("source", "external_id", name="employee_by_external_id"),
            models.Index(
                "source",
                "is_active",
                "is_listed",
                "last_day",
                "absence_accepted_at",
                name="employee_by_source",
            ),
            models.Index("id", condition=models.Q(is_listed=False), name="employee_not_listed"),
            models.Index(
                "name",
                "email",
                "id",
                include=["source", "is_active", "is_listed", "last_day", "kind"],
                name="employee_by_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.key

    def status_on(self, day: date) -> Status:
        return status_on(
            day,
            self.last_day,
            is_active=self.is_active,
            is_listed=self.is_listed,
            absence_accepted=self.absence_accepted_at is not None,
        )

    @property
    def left_on(self) -> date | None:
        """The last day of work, or the day on which the source was first seen to say that they left, if earlier."""
        days = [self.last_day, self.ended_at.astimezone(UTC).date() if self.ended_at else None]
        return min((day for day in days if day is not None), default=None)


def status_on(
    day: date,
    last_day: date | None,
    *,
    is_active: bool,
    is_listed: bool = True,
    absence_accepted: bool = False,
) -> Employee.Status:
    """`last_day` itself is still a day of work. Who is listed no more has left only once somebody accepted that."""
    if not is_active or (last_day is not None and last_day < day):
        return Employee.Status.LEFT
    if not is_listed:
        return Employee.Status.LEFT if absence_accepted else Employee.Status.NOT_LISTED
    return Employee.Status.LEAVING if last_day is not None else Employee.Status.ACTIVE


LEAVES = (Employee.Status.LEFT, Employee.Status.LEAVING)
"""The statuses of leavers."""


class EmployeeChange(models.Model):
    """One change in the history of an employee."""

    class Kind(models.TextChoices):
        JOINED = "joined", "Joined"
        LEAVING = "leaving", "Leaves on a date"
        LEFT = "left", "Left"
        RETURNED = "returned", "Came back"
        UNLISTED = "unlisted", "No longer listed"
        CHANGED = "changed", "Changed"

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="changes")
    batch = models.ForeignKey("Import", null=True, on_delete=models.SET_NULL, related_name="changes")
    kind = models.CharField(max_length=8, choices=Kind)
    fields = models.JSONField[dict[str, list[str]], dict[str, list[str]]](
        default=dict, help_text="Field: [before, after]."
    )
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-seen_at", "-pk")

    def __str__(self) -> str:
        return f"{self.kind} of {self.employee_id}"
