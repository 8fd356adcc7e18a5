"""Remarks on the person of a case: computed again, compared with Asana, kept with the case, and answered."""

from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.utils import timezone

from usher.csvfiles.text import folded
from usher.directory.employees.mass_leaving import refresh_source_questions
from usher.directory.models import Remark, Source
from usher.directory.normalise import name_key, normal_address
from usher.directory.remarks.answers import answer
from usher.directory.remarks.questions import put_remark, take_back
from usher.directory.remarks.refresh import refresh_remarks
from usher.ledger.actors import Actor
from usher.refusals import Refused
from usher.removal.guardrails.facts import identity_of, requesters
from usher.removal.models import Case, Guardrails
from usher.removal.states import OPEN, CaseState
from usher.roster.models import Person

CHANGED = Remark.Kind.ASANA_CHANGED
BEFORE_APPROVAL = frozenset({CaseState.DRAFT, CaseState.WAITING})


class CannotAnswer(Refused):
    """This person's answer to a remark does not count, or there is no such remark."""


def refresh(case: Case, now: datetime | None = None) -> None:
    """What does not fit about the person now, from the directory, the people list and usage."""
    if case.person is None or case.kind == Case.Kind.RESTORE:
        return
    for source in Source.objects.filter(employees__matches__person=case.person).distinct():
        refresh_source_questions(source)
    zone = ZoneInfo(case.connection.time_zone if case.connection else "UTC")
    refresh_remarks([case.person.pk], timezone.localdate(now, zone))


def compare_with_people_list(case: Case) -> None:
    """The people list may be older than what was seen in Asana itself; then it takes nothing back."""
    person, connection = case.person, case.connection
    if person is None or connection is None or case.kind == Case.Kind.RESTORE:
        return
    if differences(case, person.name, person.email):
        compare_account(case, person.name, person.email)
        return
    seen = Remark.objects.filter(person=person, kind=CHANGED, is_current=True).first()
    synced_at = connection.last_synced_at
    if seen is not None and synced_at is not None and synced_at > seen.seen_at:
        take_back(person, CHANGED)


def compare_account(case: Case, name: str | None, email: str | None) -> None:
    """Puts a remark if the account in Asana has another address or name than when the case was opened, as it has
    after a merge of two accounts; takes it back if not.
    """
    if case.person is None:
        return
    changed = differences(case, name, email)
    if not changed:
        take_back(case.person, CHANGED)
        return
    text = (
        f"The account in Asana has changed since the case was opened: {' and '.join(changed)}. "
        "It may have been merged into another account."
    )
    put_remark(case.person, CHANGED, text, sha256(f"{case.pk} {text}".encode()).hexdigest())


def differences(case: Case, name: str | None, email: str | None) -> list[str]:
    """In words. Capital letters and the order of a name do not matter; what Asana hides cannot be compared."""
    found = []
    if case.person_email and email and _address(case.person_email) != _address(email):
        found.append(f"its address was {case.person_email} and is now {email}")
    if case.person_name and name and _name(case.person_name) != _name(name):
        found.append(f"its name was {case.person_name} and is now {name}")
    return found


def _address(text: str) -> str:
    return normal_address(text) or folded(text)


def _name(text: str) -> str:
    return name_key(text) or folded(text)


def open_case_of(person: Person) -> Case | None:
    return Case.objects.filter(person=person, state__in=sorted(OPEN)).first()


def why_not_answer(actor: Actor, case: Case) -> str:
    """Once a case was approved, whoever requested it cannot answer alone: a second person would not see the remark."""
    if case.state in BEFORE_APPROVAL or identity_of(actor) not in requesters(case):
        return ""
    if not Guardrails.get().needs_approval:
        return ""
    return "You requested this case, and it was approved before these remarks were answered."


def answer_remark(actor: Actor, person: Person, number: int, why: str) -> Remark:
    """Raises CannotAnswer, and Refused without a word of why."""
    if not Remark.objects.filter(pk=number, person=person, is_current=True).exists():
        raise CannotAnswer("This remark no longer holds.", "There is nothing left to answer.")
    case = open_case_of(person)
    why_not = why_not_answer(actor, case) if case else ""
    if why_not:
        raise CannotAnswer(why_not, "Somebody else must answer them.")
    return answer(actor, number, why)
