"""Letters before somebody's last day: once for each leaving, and once more when the day moves by more than a week.

A letter, its message and its ledger entry are stored in one transaction, so that a run that is killed and repeated
writes to nobody twice.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from usher.activity.usage.figures import local_day
from usher.connections.models import Connection
from usher.directory.employment.status import EmploymentGroup, with_employment
from usher.directory.models import EmployeeChange
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.notify.models import Delivery, Notice
from usher.notify.telling import delivery_state, tell_address
from usher.notify.wording.kind import Facts
from usher.platform.scope import whole_installation
from usher.policy.leaving.private_work import PrivateWork
from usher.policy.models import LastDayLetter, Policy
from usher.removal.evidence.told import TOLD_BEFORE_LAST_DAY, subject_of_person
from usher.removal.guardrails.away import after_day
from usher.removal.leavers.candidates import Candidate
from usher.removal.models import Guardrails
from usher.roster.models import Membership, Person, Role, Status
from usher.web.phrases import day_in_words

KIND = "make_public"
MOVED = timedelta(days=7)
"""A last day that moves by more is told once more."""
AT_MOST = 2
LONG_AGO = timedelta(days=365)
"""Whoever leaves so long after the day that a letter named, leaves again."""
ADMINS_NAMED = 2
BY_MAIL = "-mail"
"""The end of the key of a letter that Slack could not deliver."""
STEPS = [
    "A private project: open it, click Share, and share it with the team or the organization, or add a colleague.",
    "A private task: open it, and make it public, add it to a project that others are in, or add a colleague as a "
    "collaborator. Tasks that were made in My tasks are private unless somebody changed that.",
    "What you own: in its details, choose a colleague as the owner.",
]


def why_not_written(person: int, email: str, last_day: date) -> str:
    """Why nothing is written to somebody now; empty if it can be."""
    if not email:
        return "No e-mail address is known."
    letters = letters_of_this_leaving(person, last_day)
    if not letters:
        return ""
    newest = letters[0]
    states = {delivery_state(KIND, key) for key in (key_of(newest), f"{key_of(newest)}{BY_MAIL}")}
    day = day_in_words(newest.sent_at.date())
    if Delivery.State.BOUNCED in states:
        return f"Written to on {day}, but the mail bounced."
    if len(letters) >= AT_MOST:
        return f"Written to twice, on {day} for the last time."
    if abs(last_day - newest.last_day) <= MOVED:
        return f"Written to on {day}."
    return ""


def letters_of_this_leaving(person: int, last_day: date) -> list[LastDayLetter]:
    """The newest first. Whoever came back since, according to the directory, leaves anew."""
    letters = LastDayLetter.objects.filter(person=person, last_day__gt=last_day - LONG_AGO)
    came_back = EmployeeChange.objects.filter(
        employee__matches__person=person, employee__matches__counts=True, kind=EmployeeChange.Kind.RETURNED
    ).order_by("-seen_at")
    newest = came_back.values_list("seen_at", flat=True).first()
    return list(letters.filter(sent_at__gt=newest) if newest else letters)


@transaction.atomic
def write(
    policy: Policy,
    candidate: Candidate,
    connection: Connection,
    work: PrivateWork,
    actor: Actor,
    now: datetime,
    *,
    in_slack: bool,
) -> str:
    """Sends the letter. Returns why it did not, or nothing. All that may have changed meanwhile is looked at again."""
    person = Person.objects.select_for_update().get(pk=candidate.person.pk)
    last_day = last_day_of(person, local_day(connection, now))
    if last_day is None:
        return "The directory no longer says that they are about to leave."
    if not Connection.objects.filter(pk=connection.pk, disconnected_at=None).exists():
        return "The connection was switched off."
    why_not = why_not_written(person.pk, person.email, last_day)
    if why_not:
        return why_not
    if LastDayLetter.objects.filter(person=person, last_day=last_day).exists():
        return "Written to about this day before."
    letter = LastDayLetter.objects.create(
        policy=policy,
        connection=connection,
        person=person,
        name=person.name,
        address=person.email,
        last_day=last_day,
        sent_at=now,
        in_slack=in_slack,
        things=work.things,
    )
    tell_address(
        KIND,
        key_of(letter),
        letter.address,
        _facts(letter, candidate, work),
        connection=connection,
        by_slack=in_slack,
        not_after=after_day(last_day, ZoneInfo(connection.time_zone)),
    )
    record(
        actor,
        TOLD_BEFORE_LAST_DAY,
        subject_of_person(person.pk, person.name),
        after={
            "address": letter.address,
            "last_day": last_day.isoformat(),
            "things": list(work.things),
            "unseen": work.unseen,
        },
        connection=connection.pk,
    )
    return ""


def last_day_of(person: Person, today: date) -> date | None:
    """Of somebody who is about to leave and has not left; None of others."""
    known = vars(with_employment(Person.objects.filter(pk=person.pk), today).get())
    last_day = known["last_day"] if known["group"] == EmploymentGroup.LEAVING else None
    return last_day if isinstance(last_day, date) and last_day >= today else None


@whole_installation()
def mail_whom_slack_does_not_know(now: datetime | None = None) -> int:
    """Sends by e-mail what failed in Slack. Returns how many. After a restore, nothing before an admin has looked."""
    now = now or timezone.now()
    if Guardrails.get().restored_at is not None:
        return 0
    sent, today = 0, timezone.localdate(now)
    waiting = LastDayLetter.objects.filter(
        in_slack=True, mailed_instead=False, last_day__gte=today - timedelta(days=1)
    )
    for pk in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            letter = (
                waiting.select_for_update(of=("self",)).select_related("connection").filter(pk=pk).first()
            )
            if letter is None or delivery_state(KIND, key_of(letter)) != Delivery.State.FAILED:
                continue
            ends = after_day(letter.last_day, ZoneInfo(letter.connection.time_zone))
            notice = Notice.objects.defer("links").get(kind=KIND, key=key_of(letter))
            if now < ends and letter.connection.is_connected and notice.facts:
                tell_address(
                    KIND,
                    f"{key_of(letter)}{BY_MAIL}",
                    letter.address,
                    notice.facts,
                    connection=letter.connection,
                    not_after=ends,
                )
                sent += 1
            letter.mailed_instead = True
            letter.save(update_fields=["mailed_instead"])
    return sent


def key_of(letter: LastDayLetter) -> str:
    return f"letter {letter.pk}"


def _facts(letter: LastDayLetter, candidate: Candidate, work: PrivateWork) -> Facts:
    seen = "As far as Usher sees, this depends on you alone:"
    if not work.things:
        seen = "Usher sees nothing that depends on you alone, but it does not see everything. Please look through:"
    return {
        "greeting": f"Hello {letter.name.split(' ')[0]}," if letter.name else "Hello,",
        "last_day": day_in_words(letter.last_day),
        "account": letter.connection.name,
        "seen": seen,
        "things": work.things or ["Your tasks in My tasks", "Your private projects and portfolios"],
        "unseen": work.unseen or "Usher has looked at all that Asana shows to it.",
        "steps": STEPS,
        "help": _help(candidate),
    }


def _help(candidate: Candidate) -> str:
    manager = candidate.manager.receiver if candidate.manager else None
    if manager is not None:
        return f"Questions? Ask your manager, {_named(manager)}."
    here = [one.workspace_id for one in candidate.memberships]
    admins = Membership.objects.filter(workspace__in=here, role=Role.ADMIN, status=Status.ACTIVE)
    admins = admins.exclude(person=candidate.person).exclude(person__email="").select_related("person")
    named = dict.fromkeys(_named(one.person) for one in admins.order_by("person__name", "pk")[:10])
    if not named:
        return "Questions? Ask your Asana admin."
    return f"Questions? Ask an Asana admin: {' or '.join(list(named)[:ADMINS_NAMED])}."


def _named(person: Person) -> str:
    return f"{person.name} ({person.email})" if person.email else person.name
