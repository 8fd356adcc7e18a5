"""A rule as a sentence that an admin reads once."""

from collections.abc import Iterator, Sequence

from usher.activity.usage.rules import Confidence
from usher.policy.definition import (
    Affiliation,
    Definition,
    Does,
    What,
    When,
    Who,
    WithoutAnswer,
    asks_who_is_away,
)
from usher.policy.models import PolicyFinding
from usher.removal.models import Case
from usher.roster.models import Licence, Role

WHENS = {
    When.DAILY: "Every day after the sync",
    When.DIRECTORY: "Every day, and whenever the directory changes",
    When.RENEWAL: "Before each renewal of a contract",
}
DOES = {
    Does.LIST: "keep a list",
    Does.DRAFT: "open a case as a draft",
    Does.REQUEST: "open a case and request approval",
    Does.TELL: "tell who is found anew",
    Does.ASK: "ask the person first",
    Does.MAKE_PUBLIC: "ask the person to make private work public",
    Does.PAUSE: "put on the list of licences to pause",
}
SILENCE = {
    WithoutAnswer.NOTHING: "nothing follows",
    WithoutAnswer.DRAFT: "a case is opened as a draft",
    WithoutAnswer.REQUEST: "a case is opened and approval requested",
    WithoutAnswer.MANAGER: "their manager is asked",
}
KINDS = {
    Case.Kind.REMOVE: "removal",
    Case.Kind.DOWNGRADE: "downgrade to view-only",
}


def sentence_of(definition: Definition) -> str:
    """For example: “Every day after the sync, find members who did not use Asana for 90 days, except people on leave.
    Open a case as a draft for downgrade to view-only, at most 25 a day.”
    """
    where = f" in {definition.connection}" if definition.connection else ""
    left_out = _listed(list(_exceptions(definition)), "and")
    but = f", except {left_out}" if left_out else ""
    who, what = who_in_words(definition.who), what_in_words(definition.what)
    when = WHENS[definition.when]
    if definition.when is When.RENEWAL:
        when = f"{_days(definition.days_before_notice)} before notice of a contract is due"
    return f"{when[0].upper()}{when[1:]}, find {who}{where}{but}. {what}"


def who_in_words(who: Who) -> str:
    return f"{_kinds(who)} who {_listed(list(_conditions(who)), 'and')}"


def what_in_words(what: What) -> str:
    words = DOES[what.does]
    if what.does in (Does.LIST, Does.TELL):
        return f"{words.capitalize()}."
    if what.does is Does.ASK:
        return (
            f"{words.capitalize()}, at most {what.at_most} people a day: whoever releases the seat gets a case for "
            f"{KINDS[what.kind]}. Without an answer in {_days(what.answer_within)}, {SILENCE[what.without_answer]}."
        )
    if what.does is Does.MAKE_PUBLIC:
        return f"{words.capitalize()}, at most {what.at_most} people a day."
    if what.does is Does.PAUSE:
        return f"{words.capitalize()}, at most {what.at_most} people a day: a person pauses them in Asana."
    hand_over = ", with their work handed over to their manager" if what.hand_over_to_manager else ""
    return f"{words.capitalize()} for {KINDS[what.kind]}{hand_over}, at most {what.at_most} a day."


def _kinds(who: Who) -> str:
    roles = _listed([Role(role).label.lower() + "s" for role in who.roles], "or")
    licences = _listed([Licence(licence).label for licence in who.licences], "or")
    kinds = roles or "people"
    if who.affiliation is Affiliation.INTERNAL:
        kinds = f"internal {kinds}"
    elif who.affiliation is Affiliation.EXTERNAL:
        kinds = f"external {kinds}"
    return f"{kinds} with a {licences} licence" if licences else kinds


def _conditions(who: Who) -> Iterator[str]:
    if who.left:
        yield "have left according to the directory"
    if who.leaving_within is not None:
        yield f"leave within {_days(who.leaving_within)}"
    if who.unknown_for is not None:
        yield f"have been in no directory for {_days(who.unknown_for)}"
    if who.idle_for is not None:
        sure = ", known with high confidence" if who.at_least == Confidence.HIGH else ""
        yield f"did not use Asana for {_days(who.idle_for)}{sure}"
    if who.never_came_within is not None:
        yield f"never came within {_days(who.never_came_within)} of their invitation"
    if who.only_integrations:
        yield "only have an integration that uses Asana in their name"
    if who.back_from_pause_within is not None:
        within = _days(who.back_from_pause_within)
        yield f"came back from a paused licence within the last {within}, so that Asana bills it again"
    if who.departments:
        yield f"work in {_listed(who.departments, 'or')}"
    if who.domains:
        yield f"have an address at {_listed(who.domains, 'or')}"
    if who.workspaces:
        yield f"are in {'the workspace' if len(who.workspaces) == 1 else 'one of the workspaces'} " + _listed(
            who.workspaces, "or"
        )


def _exceptions(definition: Definition) -> Iterator[str]:
    exceptions = definition.exceptions
    if exceptions.on_leave:
        yield "people on leave"
    if asks_who_is_away(definition):
        yield "people out of office in Asana"
    if exceptions.joined_within is not None:
        yield f"who joined within {_days(exceptions.joined_within)}"
    if exceptions.departments:
        yield f"people of {_listed(exceptions.departments, 'and')}"
    if exceptions.people:
        count = len(exceptions.people)
        yield f"{count} named {'person' if count == 1 else 'people'}"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _listed(parts: Sequence[str], word: str) -> str:
    """“a, b and c”."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def outcome_in_words(finding: PolicyFinding) -> str:
    outcome = f"Left out: {finding.left_out}" if finding.left_out else finding.done or "Found"
    return f"{outcome}. {finding.detail}" if finding.detail else outcome
