"""Employees, the sources that report them, and which people in Asana they are."""

from datetime import UTC, date

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from usher.platform.encryption import EncryptedTextField
from usher.roster.models import Person


class Source(models.Model):
    """A list of employees. If two sources know the same person, the one with the lower rank counts."""

    class Kind(models.TextChoices):
        CSV = "csv", "CSV file"
        SCIM = "scim", "SCIM"
        API = "api", "REST API"

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=4, choices=Kind)
    rank = models.PositiveSmallIntegerField(default=1, help_text="1 counts most.")
    token_hash = models.CharField(max_length=64, blank=True, db_index=True, help_text="Of SCIM and REST API.")
    mapping = models.JSONField[dict[str, str], dict[str, str]](
        default=dict, help_text="Which column of the CSV file holds what, as last chosen."
    )
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True, help_text="When it last brought anything, changed or not.")

    class Meta:
        ordering = ("rank", "name")
        constraints = [models.UniqueConstraint(Lower("name"), name="one_source_per_name")]

    def __str__(self) -> str:
        return self.name


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

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="employees")
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
    ended_at = models.DateTimeField(null=True, help_text="When the source was seen to say that they left.")
    is_listed = models.BooleanField(
        default=True, help_text="False when a source that lists everyone lists them no more: they left."
    )
    details = models.JSONField[dict[str, object], dict[str, object]](
        default=dict, help_text="What else a SCIM client sent, kept so that it gets back what it gave."
    )
    first_seen_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    # The normal forms that matching compares: see `matching.normalise`.
    addresses = ArrayField(models.CharField(max_length=320), default=list)
    local_parts = ArrayField(models.CharField(max_length=320), default=list)
    name_key = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("source", "key", name="employee_once_per_source")]
        indexes = [
            GinIndex("addresses", name="employee_by_addresses", fastupdate=False),
            GinIndex("local_parts", name="employee_by_local_parts", fastupdate=False),
            models.Index("name_key", name="employee_by_name_key"),
            models.Index("email", name="employee_by_email"),
            models.Index("is_active", "last_day", name="employee_by_status"),
            models.Index("source", "external_id", name="employee_by_external_id"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.key

    def status_on(self, day: date) -> Status:
        return status_on(day, self.last_day, is_here=self.is_active and self.is_listed)

    @property
    def left_on(self) -> date | None:
        """The last day of work, or the day on which the source was first seen to say that they left, if earlier."""
        days = [self.last_day, self.ended_at.astimezone(UTC).date() if self.ended_at else None]
        return min((day for day in days if day is not None), default=None)


def status_on(day: date, last_day: date | None, *, is_here: bool) -> Employee.Status:
    """`last_day` itself is still a day of work. `is_here`: the source lists them as active."""
    if not is_here or (last_day is not None and last_day < day):
        return Employee.Status.LEFT
    return Employee.Status.LEAVING if last_day is not None else Employee.Status.ACTIVE


class EmployeeChange(models.Model):
    """One change in the history of an employee."""

    class Kind(models.TextChoices):
        JOINED = "joined", "Joined"
        LEAVING = "leaving", "Leaves on a date"
        LEFT = "left", "Left"
        RETURNED = "returned", "Came back"
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


class Import(models.Model):
    """One CSV file: previewed, then applied or discarded."""

    class State(models.TextChoices):
        PREVIEW = "preview", "Awaiting review"
        APPLIED = "applied", "Applied"
        DROPPED = "dropped", "Discarded"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="imports")
    state = models.CharField(max_length=7, choices=State, default=State.PREVIEW)
    file_name = models.CharField(max_length=255)
    content = EncryptedTextField(blank=True, help_text="Of the file, packed; empty once applied or dropped.")
    mapping = models.JSONField[dict[str, str], dict[str, str]](default=dict)
    date_order = models.CharField(max_length=3, blank=True)
    by = models.CharField(max_length=320)
    created_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    joined = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    leaving = models.PositiveIntegerField(default=0)
    returned = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unlisted = models.PositiveIntegerField(default=0, help_text="Employees whom the file lists no more.")
    left_out = models.PositiveIntegerField(default=0, help_text="Rows that could not be understood.")
    unreadable = models.JSONField[list[dict[str, str]], list[dict[str, str]]](default=list)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.file_name} into {self.source_id}"


class DirectoryGroup(models.Model):
    """A group that a SCIM client pushed. Usher keeps and shows it; no rule depends on it."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="groups")
    external_id = models.CharField(max_length=320, blank=True)
    name = models.CharField(max_length=255)
    members = models.ManyToManyField(Employee, related_name="groups")
    details = models.JSONField[dict[str, object], dict[str, object]](default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class DomainAlias(models.Model):
    """Two e-mail domains of the same company: somebody@alias is somebody@domain."""

    alias = models.CharField(max_length=255, unique=True, help_text="In lower case, without @.")
    domain = models.CharField(max_length=255)

    class Meta:
        verbose_name_plural = "domain aliases"

    def __str__(self) -> str:
        return f"{self.alias} = {self.domain}"


class PersonKey(models.Model):
    """The normal forms of the e-mail and the name of a person in Asana: see `matching.normalise`."""

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.CASCADE, related_name="key")
    email = models.CharField(max_length=320, blank=True, help_text="As it was when the rest was computed.")
    name = models.CharField(max_length=255, blank=True)
    address = models.CharField(max_length=320, blank=True, db_index=True)
    local_part = models.CharField(max_length=320, blank=True, db_index=True)
    name_key = models.CharField(max_length=255, blank=True, db_index=True)

    def __str__(self) -> str:
        return self.address or self.name_key


class Match(models.Model):
    """A person in Asana, and the employee who they are or may be."""

    class How(models.TextChoices):
        EMAIL = "email", "Same e-mail"
        OTHER_ADDRESS = "other", "Another address of the employee"
        ALIAS = "alias", "Same address on a domain of the same company"
        BY_HAND = "hand", "By hand"

    class State(models.TextChoices):
        MATCHED = "matched", "Matched"
        PROPOSED = "proposed", "Proposed"
        REJECTED = "rejected", "Not the same"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="matches")
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="matches")
    state = models.CharField(max_length=8, choices=State)
    how = models.CharField(max_length=5, choices=How, blank=True, help_text="Empty for proposals.")
    reason = models.CharField(max_length=255, help_text="Why they are, or may be, the same.")
    counts = models.BooleanField(
        default=False, help_text="Of several sources' employees, the one whose status counts for the person."
    )
    by = models.CharField(max_length=320, blank=True, help_text="Who said so, where a person did.")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "matches"
        constraints = [
            models.UniqueConstraint("person", "employee", name="matched_once"),
            models.UniqueConstraint("person", condition=Q(counts=True), name="one_match_counts"),
        ]
        indexes = [models.Index("state", name="match_by_state")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.state} {self.employee_id}"


class Protected(models.Model):
    """A person, or a pattern of e-mail addresses, that is protected from removal.

    A person is protected by their gid, in every connection, and also after the data of a connection was deleted.
    """

    class Why(models.TextChoices):
        BREAK_GLASS = "break_glass", "Break-glass admin"
        SERVICE_ACCOUNT = "service", "Service account"
        INTEGRATION = "integration", "Owner of an integration"
        OTHER = "other", "Other"

    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="protections"
    )
    person_gid = models.CharField(max_length=32, blank=True, db_index=True)
    person_name = models.CharField(max_length=320, blank=True, help_text="When they were put on the list.")
    pattern = models.CharField(
        max_length=320, blank=True, help_text="E-mail, with * for any characters: svc-*@company.com."
    )
    why = models.CharField(max_length=11, choices=Why)
    note = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=320)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "protected people"
        ordering = ("pattern", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(person_gid="") ^ Q(pattern=""), name="protects_a_person_or_a_pattern"
            )
        ]

    def __str__(self) -> str:
        return self.pattern or str(self.person or self.person_name or self.person_gid)

    def save(self, *args: object, **kwargs: object) -> None:
        if self.person is not None and not self.person_gid:
            self.person_gid, self.person_name = self.person.gid, str(self.person)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # Django's own arguments
