"""Asking people whether they need their seat: in a real mailbox, and by the link in the message."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.activity.lived_usage import ago, use, watch
from tests.support.directory.sources import a_source, an_employee
from tests.support.notify.mail_server import MailServer
from tests.support.notify.telling import send
from tests.support.removal.leaving import ADMIN, APPROVER, no_waiting
from tests.support.roster.people import a_connection, a_member, a_workspace
from usher.activity.models import EvidenceSource, ListedMembership, PersonUsage
from usher.connections.models import Connection, Mode
from usher.connections.working_days.counting import is_working_time, working_day_from
from usher.directory.matching.update import bring_up_to_date
from usher.ledger.models import Entry
from usher.policy import changes
from usher.policy.asking.answer import QuestionOver, answer_question, follow_up
from usher.policy.asking.ask import ask
from usher.policy.asking.figures import answer_figures
from usher.policy.changes import definition_of
from usher.policy.definition import CannotBeRule, Definition, Does, What, Who, WithoutAnswer
from usher.policy.models import Policy, PolicyRun, SeatQuestion
from usher.policy.running import run
from usher.policy.schedule import due
from usher.policy.trial import perform_trial, request_trial
from usher.removal.cases import transitions
from usher.removal.models import Case, Guardrails
from usher.removal.states import CaseState
from usher.roster.models import Membership, Workspace

pytestmark = pytest.mark.django_db(transaction=True)

State = SeatQuestion.State
ZOE, YAN = "zoe@acme.example", "yan@acme.example"


@pytest.fixture
def acme(mails: MailServer) -> Connection:
    no_waiting()
    return a_connection(mode=Mode.ACT, last_synced_at=timezone.now(), time_zone="UTC")


@pytest.fixture
def workspace(acme: Connection) -> Workspace:
    place = a_workspace(acme, "Acme", "acme.example")
    watch(place, EvidenceSource.AUDIT, 200)
    use(a_member(place, "Root", "root@acme.example", role="admin"), ago(hours=1))
    for name, address in (("Zoë Young", ZOE), ("Yan Moreau", YAN)):
        use(a_member(place, name, address, since=ago(days=190)), ago(days=120))
    return place


def asking(without_answer: WithoutAnswer = WithoutAnswer.REQUEST, **what: object) -> Policy:
    wanted = What(Does.ASK, Case.Kind.DOWNGRADE, without_answer=without_answer, **what)  # type: ignore[arg-type]
    policy = changes.make(Definition("Idle", Who(idle_for=90), wanted), ADMIN)
    changes.watch(policy, ADMIN)
    trial = request_trial(policy)
    perform_trial(trial.pk)
    changes.act(policy, ADMIN, trial.pk)
    policy.refresh_from_db()
    return policy


def links(mails: MailServer, address: str) -> list[str]:
    """The addresses of the answer page in the newest message."""
    body = mails.mailbox(address)[-1].get_body(("plain",))
    assert body is not None
    return re.findall(r"http://\S+(/rules/answer/\S+)", body.get_content())


def of(address: str) -> SeatQuestion:
    return SeatQuestion.objects.get(address=address)


def pass_the_deadline() -> None:
    SeatQuestion.objects.update(answer_by=timezone.localdate() - timedelta(days=1))


def noon_of_a_working_day() -> datetime:
    """Today's, or that of the next day on which people work."""
    return datetime.combine(working_day_from(timezone.localdate()), time(12), UTC)


def test_one_releases_one_keeps_and_each_gets_what_follows(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    run(asking(), acme)
    send()
    assert not Case.objects.exists()
    _, release = links(mails, ZOE)
    person = Client()
    page = person.get(release).content.decode()
    assert "Do you still need your Asana seat?" in page
    assert of(ZOE).state == State.ASKED  # a scanner that follows links changes nothing
    assert "An admin decides" in person.post(release, {"answer": "release"}).content.decode()
    case = Case.objects.get()
    assert (case.person_email, case.kind, case.state) == (ZOE, Case.Kind.DOWNGRADE, CaseState.WAITING)
    assert "The person released the seat" in case.reason
    assert case.cause == Case.Cause.RELEASED
    assert (
        "You keep your seat"
        in person.post(
            links(mails, YAN)[0], {"answer": "keep", "why": "Payroll, once a quarter"}
        ).content.decode()
    )
    assert (of(YAN).state, of(YAN).why) == (State.KEPT, "Payroll, once a quarter")
    assert Case.objects.count() == 1
    actions = set(Entry.objects.values_list("action", flat=True))
    assert {"rule.asked", "rule.seat_released", "rule.seat_kept", "case.opened"} <= actions
    assert transitions.approve(case, APPROVER).state == CaseState.SCHEDULED
    figures = answer_figures(Policy.objects.get())
    assert (figures.asked, figures.kept, figures.released) == (2, 1, 1)


def test_an_answer_needs_the_page_of_the_question(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    """Another site cannot answer in somebody's place, though their browser knows the link."""
    run(asking(), acme)
    send()
    release = links(mails, ZOE)[1]
    person = Client(enforce_csrf_checks=True)
    assert person.post(release, {"answer": "release"}).status_code == 403
    page = person.get(release).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    assert of(ZOE).state == State.ASKED
    person.post(release, {"answer": "release", "csrfmiddlewaretoken": token[1]})
    assert of(ZOE).state == State.RELEASED


def test_an_answer_counts_once(acme: Connection, workspace: Workspace, mails: MailServer) -> None:
    run(asking(), acme)
    send()
    keep, release = links(mails, ZOE)
    person = Client()
    person.post(keep, {"answer": "keep"})
    for again in (keep, release):
        assert "This question is over" in person.post(again, {"answer": "release"}).content.decode()
        assert "This question is over" in person.get(again).content.decode()
    assert not Case.objects.exists()


def test_without_an_answer_a_case_waits_for_approval(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    run(asking(), acme)
    assert follow_up() == 0
    pass_the_deadline()
    assert follow_up() == 2
    assert {case.state for case in Case.objects.all()} == {CaseState.WAITING}
    assert all("did not answer" in case.reason for case in Case.objects.all())
    assert {case.cause for case in Case.objects.all()} == {Case.Cause.IDLE}, "silence is no release"
    assert follow_up() == 0
    assert Case.objects.count() == 2


@pytest.mark.parametrize(
    ("without_answer", "cases"),
    [(WithoutAnswer.NOTHING, []), (WithoutAnswer.DRAFT, [CaseState.DRAFT, CaseState.DRAFT])],
)
def test_what_follows_without_an_answer_is_what_the_rule_says(
    acme: Connection, workspace: Workspace, without_answer: WithoutAnswer, cases: list[CaseState]
) -> None:
    run(asking(without_answer), acme)
    pass_the_deadline()
    follow_up()
    assert [case.state for case in Case.objects.all()] == cases
    assert {one.state for one in SeatQuestion.objects.all()} == {State.NO_ANSWER}


def test_where_no_approval_is_needed_silence_opens_a_draft(acme: Connection, workspace: Workspace) -> None:
    run(asking(), acme)
    no_waiting(needs_approval=False)
    pass_the_deadline()
    follow_up()
    assert {case.state for case in Case.objects.all()} == {CaseState.DRAFT}


def test_the_manager_is_asked_when_the_person_is_silent(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    hr = a_source()
    a_member(workspace, "Ann Cox", "ann@acme.example", since=ago(days=10))
    an_employee(hr, "ann@acme.example", "Ann Cox")
    an_employee(hr, ZOE, "Zoë Young", manager="ann@acme.example")
    bring_up_to_date()
    run(asking(WithoutAnswer.MANAGER), acme)
    pass_the_deadline()
    night = noon_of_a_working_day().replace(hour=23)
    assert follow_up(night) == 0, "managers are asked at working time"
    assert {one.state for one in SeatQuestion.objects.all()} == {State.ASKED}
    follow_up(noon_of_a_working_day())
    send()
    asked = of("ann@acme.example")
    assert (asked.is_to_manager, asked.state) == (True, State.ASKED)
    page = Client().get(links(mails, "ann@acme.example")[0]).content.decode()
    assert "Does Zoë Young still need an Asana seat?" in page
    # Yan has no manager: an admin decides.
    assert [(case.person_email, case.state) for case in Case.objects.all()] == [(YAN, CaseState.DRAFT)]
    Client().post(links(mails, "ann@acme.example")[1], {"answer": "release"})
    assert Case.objects.filter(person_email=ZOE, state=CaseState.WAITING).exists()


def test_who_uses_asana_meanwhile_is_asked_no_more(acme: Connection, workspace: Workspace) -> None:
    run(asking(), acme)
    zoe = Membership.objects.get(person__email=ZOE).person
    PersonUsage.objects.filter(user_gid=zoe.gid).update(last_used_at=timezone.now())
    pass_the_deadline()
    follow_up()
    assert of(ZOE).state == State.USED
    assert [case.person_email for case in Case.objects.all()] == [YAN]


def test_a_mail_that_bounces_is_a_state_of_its_own_and_no_silence(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    mails.unknown.add(ZOE)
    run(asking(), acme)
    send()
    pass_the_deadline()
    follow_up()
    assert of(ZOE).state == State.BOUNCED
    assert [case.person_email for case in Case.objects.all()] == [YAN]


def test_one_reminder_is_sent_half_way_and_both_links_work(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    run(asking(), acme)
    send()
    first = links(mails, ZOE)[0]
    noon = noon_of_a_working_day()
    SeatQuestion.objects.update(asked_at=noon - timedelta(days=7), answer_by=noon.date() + timedelta(days=7))
    PersonUsage.objects.filter(last_used_at__gt=noon - timedelta(days=7)).update(last_used_at=ago(days=120))
    follow_up(noon)
    follow_up(noon)
    send()
    assert len(mails.mailbox(ZOE)) == 2
    assert links(mails, ZOE)[0] != first
    assert "Do you still need" in Client().get(first).content.decode()
    Client().post(links(mails, ZOE)[0], {"answer": "keep"})
    assert "This question is over" in Client().get(first).content.decode()


def test_nobody_is_asked_twice_within_the_time_that_is_set(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    policy = asking()
    for _ in range(2):
        run(policy, acme)
        PolicyRun.objects.update(day=timezone.localdate() - timedelta(days=1))
    assert SeatQuestion.objects.count() == 2
    send()
    Client().post(links(mails, ZOE)[0], {"answer": "keep"})
    run(policy, acme)
    assert SeatQuestion.objects.count() == 2
    PolicyRun.objects.update(day=timezone.localdate() - timedelta(days=1))
    SeatQuestion.objects.filter(state=State.KEPT).update(not_again_before=timezone.localdate())
    run(policy, acme)
    assert SeatQuestion.objects.filter(address=ZOE).count() == 2


def test_a_rule_that_no_longer_acts_asks_no_more_and_nothing_follows(
    acme: Connection, workspace: Workspace
) -> None:
    policy = asking()
    run(policy, acme)
    changes.switch_off(policy, ADMIN)
    pass_the_deadline()
    follow_up()
    assert {one.state for one in SeatQuestion.objects.all()} == {State.ENDED}
    assert not Case.objects.exists()


def test_a_link_that_leads_nowhere_and_one_whose_time_is_over(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    assert Client().get("/rules/answer/nothing-like-it/").status_code == 404
    run(asking(), acme)
    send()
    late = links(mails, ZOE)[1]
    pass_the_deadline()
    assert "This question is over" in Client().post(late, {"answer": "release"}).content.decode()
    with pytest.raises(QuestionOver):
        answer_question("nothing-like-it", releases=True)
    assert not Case.objects.exists()


def test_people_are_asked_at_working_time(acme: Connection, workspace: Workspace) -> None:
    policy = asking()
    saturday, sunday, monday = (datetime(2026, 12, day, 12, tzinfo=UTC) for day in (5, 6, 7))
    assert [is_working_time(acme, each) for each in (saturday, sunday, monday)] == [False, False, True]
    Connection.objects.update(last_synced_at=monday)
    assert due(monday) == [(policy, acme)]
    assert due(monday.replace(hour=3)) == []
    acme.time_zone = "Asia/Kolkata"
    assert not is_working_time(acme, monday.replace(hour=13))
    assert working_day_from(date(2026, 12, 5)) == date(2026, 12, 7)


def test_nobody_is_asked_or_reminded_on_a_public_holiday(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    Connection.objects.update(holiday_calendar="DE")
    acme.refresh_from_db()
    policy = asking()
    eve, christmas, monday = (datetime(2026, 12, day, 12, tzinfo=UTC) for day in (24, 25, 28))
    Connection.objects.update(last_synced_at=christmas)
    assert due(christmas) == []
    Connection.objects.update(last_synced_at=eve)
    assert due(eve) == [(policy, acme)]
    run(policy, acme)
    SeatQuestion.objects.update(asked_at=eve - timedelta(days=14), answer_by=monday.date())
    follow_up(christmas)
    assert not SeatQuestion.objects.exclude(reminded_at=None).exists()
    follow_up(monday)
    assert not SeatQuestion.objects.filter(reminded_at=None).exists()


def test_public_holidays_are_no_time_to_answer(
    acme: Connection, workspace: Workspace, mails: MailServer
) -> None:
    noon = datetime(2026, 12, 18, 12, tzinfo=UTC)  # a Friday
    rule = asking(answer_within=7)
    listed = ListedMembership.objects.get(email=ZOE)
    asked = {}
    for calendar in ("", "DE"):
        acme.holiday_calendar = calendar
        SeatQuestion.objects.all().delete()
        question = ask(rule, definition_of(rule).what, listed, acme, [], ADMIN, noon)
        assert question is not None
        asked[calendar] = question.answer_by
    # The 25th is a holiday and Friday; the 26th is a Saturday, as it was to be anyway.
    assert asked == {"": date(2026, 12, 25), "DE": date(2026, 12, 28)}


def test_nobody_is_asked_whether_they_left() -> None:
    with pytest.raises(CannotBeRule, match="whether they left"):
        changes.make(Definition("Left", Who(left=True), What(Does.ASK)), ADMIN)


def test_after_a_restore_nobody_is_asked_or_taken_for_silent_before_an_admin_has_looked(
    acme: Connection, workspace: Workspace
) -> None:
    """What was asked and answered since the backup is forgotten."""
    policy = asking()
    noon = noon_of_a_working_day()
    Connection.objects.update(last_synced_at=noon)
    assert due(noon) == [(policy, acme)]
    run(policy, acme)
    pass_the_deadline()
    Guardrails.objects.update(restored_at=timezone.now())
    assert due(noon) == []
    assert follow_up() == 0
    Guardrails.objects.update(restored_at=None)
    assert follow_up() == 2
