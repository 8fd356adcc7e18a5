"""What may be sent with a token, and whose requests go first where processes want more than Asana allows."""

import math
from dataclasses import dataclass
from enum import Enum

from usher.asana import RateLimits
from usher.asana.limiter import WINDOWS


class Urgency(Enum):
    """The value is the share of the usual pace (`WINDOWS`) that may be used up.

    So some requests are always left for whoever is more urgent. What becomes free meanwhile is theirs too, for as long
    as they want it, because those below find their own share used up until then.
    """

    PERSON = 1.01
    """Somebody waits for it in front of a page: Test Connection, a preview. Still within Asana's limit."""
    REMOVAL = 1.0
    SYNC = 0.995


@dataclass(frozen=True)
class Budget:
    """`key` names the token without giving it away. The limits are Asana's for it."""

    key: str
    limits: RateLimits
    urgency: Urgency

    def allowed(self) -> list[int]:
        """How many calls each of `WINDOWS` may hold."""
        return [self._part(self.limits.requests_per_minute * share) for _, share in WINDOWS]

    def at_once(self) -> tuple[int, int]:
        """How many reads and writes may be under way: the most urgent may use all that Asana allows."""
        reads, writes = self.limits.concurrent_reads, self.limits.concurrent_writes
        return self._part(reads / Urgency.PERSON.value), self._part(writes / Urgency.PERSON.value)

    def _part(self, calls: float) -> int:
        return max(1, math.floor(round(calls * self.urgency.value, 6)))
