"""Whose requests go first where several processes want more than Asana allows."""

from enum import Enum


class Urgency(Enum):
    """The value is the share of the pace that may be used up.

    A few requests are therefore always left for whoever is above. Whatever becomes free goes to them as well, for as
    long as they want it, because those below find their own share used up until then.
    """

    PERSON = 1.0
    """Somebody waits for it in front of a page: Test Connection, a preview."""
    REMOVAL = 1 - 1 / 160
    SYNC = 1 - 1 / 80
