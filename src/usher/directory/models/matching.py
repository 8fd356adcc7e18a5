"""Which people in Asana are which employees."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from usher.connections.models import Connection
from usher.directory.models.employees import Employee
from usher.roster.models import Person


class DomainAlias(models.Model):
    """Two e-mail domains of the same company: somebody@alias is somebody@domain."""

    alias = models.CharField(max_length=255, unique=True, help_text="In lower case, without @.")
    domain = models.CharField(max_length=255)

    class Meta:
        verbose_name_plural = "domain aliases"

    def __str__(self) -> str:
        return f"{self.alias} = {self.domain}"


class PersonKey(models.Model):
    """The normal forms of the e-mail and the name of a person in Asana: see `normalise`."""

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
        PAST_ADDRESS = "past", "An address that the employee had"
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
        indexes = [
            models.Index("state", name="match_by_state"),
            models.Index(
                "employee", "person", condition=Q(state="matched", counts=False), name="match_beside"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.state} {self.employee_id}"


class MatchedConnection(models.Model):
    """As of which state of a connection everybody was matched after its sync."""

    connection = models.OneToOneField(
        Connection, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    day = models.DateField(help_text="As of which last days were looked at.")
    inputs = models.CharField(
        max_length=80, help_text="Of its people and domains: see `matching.after_sync`."
    )

    def __str__(self) -> str:
        return f"{self.connection_id} on {self.day}"
