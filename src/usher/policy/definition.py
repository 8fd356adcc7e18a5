"""What a rule says: when, who, but not whom, and what. The same as a form, as JSON in the database, and as YAML."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from usher.activity.usage.rules import Confidence
from usher.refusals import Refused
from usher.removal.models import Case
from usher.roster.models import Licence, Role

Days = Annotated[int, Meta(ge=1, le=3660)]
Text = Annotated[str, Meta(max_length=320)]
SOME = Annotated[int, Meta(ge=1, le=200)]


class When(StrEnum):
    DAILY = "daily"
    """Once a day, after the sync of each connection."""
    DIRECTORY = "directory"
    """When the directory has changed, and once a day as well, since last days pass."""
    RENEWAL = "renewal"
    """Once for each renewal of a contract of the connection, so many days before Asana must have notice."""


class Affiliation(StrEnum):
    INTERNAL = "internal"
    EXTERNAL = "external"


class Does(StrEnum):
    LIST = "list"
    """Keeps the list of each run, and nothing else."""
    DRAFT = "draft"
    """Opens a case as a draft."""
    REQUEST = "request"
    """Opens a case and requests its approval."""
    TELL = "tell"
    """Tells operators and admins, and the destinations of notices, whom it finds anew."""
    ASK = "ask"
    """Asks the person first. What follows is decided by the answer."""
    MAKE_PUBLIC = "make_public"
    """Writes to somebody who is about to leave which work only they can reach, and how to make it public."""
    PAUSE = "pause"
    """Puts them on the list of licences that a person pauses by hand. Nothing changes in Asana."""


CONCERNS_ASANA = (Does.DRAFT, Does.REQUEST, Does.ASK)
"""What may end in a case, so that it needs “Read and take action”."""
ACTS_ON_PEOPLE = (*CONCERNS_ASANA, Does.MAKE_PUBLIC, Does.PAUSE)
"""What is done with one person after another, so many a day, and never with protected people."""
WRITES_TO_PEOPLE = (Does.ASK, Does.MAKE_PUBLIC)


class WithoutAnswer(StrEnum):
    """What follows when nobody answers."""

    NOTHING = "nothing"
    DRAFT = "draft"
    REQUEST = "request"
    MANAGER = "manager"
    """The manager is asked. Without an answer of the manager, a draft is opened."""


class Who(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Whom a rule finds: those to whom all of it applies. Lists: one of these; an empty list: any."""

    idle_for: Days | None = None
    at_least: Confidence = Confidence.MEDIUM
    """How sure it must be that they are idle: high, or medium."""
    never_came_within: Days | None = None
    """They were invited so many days ago, and never came."""
    only_integrations: bool = False
    """In the last 30 days only an integration used Asana in their name."""
    back_from_pause_within: Days | None = None
    """Their licence was paused and has been billed again for fewer than so many days, as the audit log shows."""
    left: bool = False
    leaving_within: Days | None = None
    unknown_for: Days | None = None
    """For so many days they are no guest, and in no directory."""
    roles: list[Role] = field(default_factory=list)
    licences: list[Licence] = field(default_factory=list)
    workspaces: list[Text] = field(default_factory=list)
    """By gid."""
    domains: list[Text] = field(default_factory=list)
    departments: list[Text] = field(default_factory=list)
    affiliation: Affiliation | None = None


class Exceptions(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Whom a rule leaves out although it finds them. Protected people are always left out."""

    people: list[Text] = field(default_factory=list)
    """By e-mail address or gid."""
    departments: list[Text] = field(default_factory=list)
    on_leave: bool = True
    out_of_office: bool = False
    """In Asana, which is asked right before the rule acts, and about those alone on whom it would act."""
    joined_within: Days | None = None


class What(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a rule does with those it finds. It never approves."""

    does: Does = Does.LIST
    kind: Case.Kind = Case.Kind.REMOVE
    hand_over_to_manager: bool = False
    at_most: SOME = 25
    """Cases or questions in one run, and in one day."""
    answer_within: Days = 14
    """For questions: days until it counts as no answer. The reminder is sent half-way."""
    without_answer: WithoutAnswer = WithoutAnswer.DRAFT
    ask_again_after: Days = 180
    """Nobody is asked again for so many days."""
    in_slack: bool = False
    """Questions are direct messages with buttons; whoever Slack does not know gets an e-mail."""


class Definition(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`connection`: its name; empty for all."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    who: Who
    what: What = field(default_factory=What)
    exceptions: Exceptions = field(default_factory=Exceptions)
    when: When = When.DAILY
    connection: Annotated[str, Meta(max_length=100)] = ""
    days_before_notice: Days = 60
    """For rules before a renewal."""


class CannotBeRule(Refused):
    """A definition that is no rule. The message says which part."""


def decode(data: object) -> Definition:
    """From what JSON or YAML holds. Raises CannotBeRule."""
    try:
        definition = msgspec.convert(data, Definition)
    except msgspec.ValidationError as error:
        message = f"The rule cannot be read: {error}."
        raise CannotBeRule(message, "See docs/rules.md for what it may contain.") from None
    check(definition)
    return definition


def as_json(definition: Definition) -> dict[str, object]:
    """As it is stored: without what is as by default."""
    return dict(msgspec.to_builtins(definition))


def check(definition: Definition) -> None:
    """Raises CannotBeRule where the parts do not fit together."""
    who, what = definition.who, definition.what
    if not (finds_by_usage(who) or finds_by_directory(who)):
        raise CannotBeRule(
            "The rule would find everybody.",
            "Say what makes somebody a case: idle, never came, integrations only, back from a pause, left, leaving or "
            "unknown.",
        )
    if what.kind == Case.Kind.RESTORE:
        raise CannotBeRule("A rule invites nobody.", "Choose removal or downgrade.")
    if who.at_least not in (Confidence.HIGH, Confidence.MEDIUM):
        raise CannotBeRule("A rule rests on what was observed.", "Choose the confidence high or medium.")
    if what.kind == Case.Kind.DOWNGRADE and set(who.licences) & {Licence.GUEST, Licence.VIEW_ONLY}:
        raise CannotBeRule(
            "Only Member licences can be downgraded.",
            "Leave guests and view-only licences out, or remove them.",
        )
    if what.does is Does.PAUSE and set(who.licences) & {Licence.GUEST, Licence.VIEW_ONLY}:
        raise CannotBeRule(
            "Only Member licences can be paused.", "Leave guests and view-only licences out, or remove them."
        )
    if what.does is Does.ASK and finds_by_directory(who):
        raise CannotBeRule(
            "Nobody is asked whether they left.", "Ask people who do not use Asana; open cases for leavers."
        )
    if what.does is Does.MAKE_PUBLIC and who.leaving_within is None:
        raise CannotBeRule(
            "Only people who are about to leave are asked to make their work public.",
            "Say within how many days they leave.",
        )
    if who.left and who.leaving_within is not None:
        raise CannotBeRule("Nobody has left and is leaving.", "Make two rules.")
    if who.unknown_for is not None and (who.left or who.leaving_within is not None):
        raise CannotBeRule("Whoever is in no directory neither left nor is leaving.", "Make two rules.")


def asks_who_is_away(definition: Definition) -> bool:
    """Whether runs ask Asana who is out of office. Lists and notices act on nobody, and pauses are for absences."""
    does = definition.what.does
    return definition.exceptions.out_of_office and does in ACTS_ON_PEOPLE and does is not Does.PAUSE


def finds_by_usage(who: Who) -> bool:
    return (
        who.idle_for is not None
        or who.never_came_within is not None
        or who.only_integrations
        or who.back_from_pause_within is not None
    )


def finds_by_directory(who: Who) -> bool:
    return who.left or who.leaving_within is not None or who.unknown_for is not None
