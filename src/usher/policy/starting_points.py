"""Rules to begin with: forms that are filled in. Nothing happens until somebody tries one and switches it on."""

from collections.abc import Mapping

from usher.policy.definition import Affiliation, Definition, Does, Exceptions, What, When, Who, WithoutAnswer
from usher.removal.models import Case
from usher.roster.models import Licence, Role

NOBODY_AWAY = Exceptions(out_of_office=True)

STARTING_POINTS: Mapping[str, Definition] = {
    "leavers": Definition(
        "Leavers out on the day after their last day",
        Who(left=True),
        What(Does.REQUEST, hand_over_to_manager=True),
        Exceptions(),
        When.DIRECTORY,
    ),
    "idle": Definition(
        "Idle for 90 days: downgrade",
        Who(idle_for=90),
        What(Does.REQUEST, Case.Kind.DOWNGRADE),
        NOBODY_AWAY,
    ),
    "ask-first": Definition(
        "Idle for 90 days: ask, then downgrade",
        Who(idle_for=90),
        What(Does.ASK, Case.Kind.DOWNGRADE, without_answer=WithoutAnswer.REQUEST),
        NOBODY_AWAY,
    ),
    "never-came": Definition(
        "Invited and never came", Who(never_came_within=30, roles=[Role.MEMBER]), What(Does.DRAFT)
    ),
    "guests": Definition(
        "Guests idle for 60 days",
        Who(idle_for=60, licences=[Licence.GUEST]),
        What(Does.DRAFT),
        NOBODY_AWAY,
    ),
    "admins": Definition(
        "Admins not seen for 30 days", Who(idle_for=30, roles=[Role.ADMIN]), What(Does.TELL)
    ),
    "unknown": Definition(
        "Unknown to the directory for 14 days",
        Who(unknown_for=14),
        What(Does.LIST),
        Exceptions(),
        When.DIRECTORY,
    ),
    "new": Definition(
        "Seat joined without the directory",
        Who(unknown_for=1, affiliation=Affiliation.INTERNAL),
        What(Does.TELL),
        Exceptions(),
        When.DIRECTORY,
    ),
    "last-day": Definition(
        "Before the last day: make private work public",
        Who(leaving_within=7),
        What(Does.MAKE_PUBLIC),
        Exceptions(on_leave=False),
        When.DIRECTORY,
    ),
    "pause": Definition(
        "Idle for 60 days: pause the licence",
        Who(idle_for=60),
        What(Does.PAUSE),
        Exceptions(on_leave=False),
    ),
    "back-from-pause": Definition(
        "Back from a paused licence",
        Who(back_from_pause_within=7),
        What(Does.TELL),
        Exceptions(on_leave=False),
    ),
    "integrations": Definition(
        "Kept alive by an integration",
        Who(only_integrations=True, licences=[Licence.MEMBER]),
        What(Does.LIST),
    ),
}
"""By the name in the address of the form."""
