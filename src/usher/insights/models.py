"""What all processes have counted, for /metrics."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from usher.connections.models import Connection


class KeptCount(models.Model):
    """One series of `usher.platform.following.counting`, over all processes since the first start. Only grows."""

    name = models.CharField(max_length=80)
    labels = ArrayField[list[str], list[str]](models.CharField(max_length=200))
    # Without a constraint: a process may keep what it counted just before the connection was deleted.
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    numbers = ArrayField[list[int], list[int]](models.BigIntegerField())
    total = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "name", "labels", "connection", nulls_distinct=False, name="one_count_per_series"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}{self.labels}"
