"""From `tell` to a real mailbox."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.support.notify.mail_server import MailServer
from usher.access.models import User
from usher.access.roles import UserRole
from usher.notify.jobs import send_notices
from usher.notify.kinds import KINDS
from usher.notify.models import Delivery, Notice
from usher.notify.sending.outbox import CUT_OFF_AFTER, KEPT, forget_old, send_waiting
from usher.notify.telling import SEND_TASK, NoticeLink, delivery_state, tell, tell_address

State = Delivery.State

pytestmark = pytest.mark.django_db(transaction=True)
send = async_to_sync(send_waiting)


def tell_of(kind: str, key: str, **options: object) -> bool:
    return tell(kind, key, KINDS[kind].example, **options)  # type: ignore[arg-type]


def later() -> None:
    """Everything that waits for its next attempt is due."""
    Delivery.objects.filter(state=State.WAITING).update(next_attempt_at=timezone.now())


def a_user(address: str, role: UserRole, **fields: object) -> User:
    return User.objects.create_user(address, address, "correct horse battery 9", role=role, **fields)


def test_what_is_told_arrives_in_the_mailbox(user: User, mails: MailServer) -> None:
    assert tell_of("ledger_broken", "1204", path="/ledger/")
    assert send() == 1
    message = mails.mailbox(user.email)[0]
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert message["Subject"] == "The ledger does not verify"
    for body in (text, html):
        assert "Entry 1204 was changed after it was written." in body
        assert "http://127.0.0.1:8000/ledger/" in body
    assert message["Auto-Submitted"] == "auto-generated"
    assert Delivery.objects.get().state == State.SENT


def test_the_same_is_told_once_for_ever(user: User, mails: MailServer) -> None:
    assert tell_of("ledger_broken", "1204")
    assert not tell_of("ledger_broken", "1204")
    send()
    assert not tell_of("ledger_broken", "1204")
    send()
    assert len(mails.taken) == 1
    assert tell_of("ledger_broken", "1205")


def test_one_job_is_queued_for_what_is_told_and_none_for_what_is_rolled_back(user: User) -> None:
    def queued() -> int:
        return ProcrastinateJob.objects.filter(task_name=SEND_TASK, status="todo").count()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell_of("ledger_broken", "1")
        raise ZeroDivisionError
    assert queued() == 0
    with transaction.atomic():
        for number in range(3):
            tell_of("ledger_broken", str(number))
    tell_of("ledger_broken", "4")
    assert queued() == 1
    assert send_notices.name == SEND_TASK


def test_what_is_rolled_back_is_not_told(user: User, mails: MailServer) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell_of("ledger_broken", "1204")
        raise ZeroDivisionError
    send()
    assert not mails.taken
    assert not Notice.objects.exists()


def test_a_kind_goes_to_its_audience_alone(mails: MailServer) -> None:
    viewer, approver = a_user("vi@example.com", UserRole.VIEWER), a_user("ap@example.com", UserRole.APPROVER)
    a_user("gone@example.com", UserRole.ADMIN, is_active=False)
    asker = a_user("asks@example.com", UserRole.APPROVER)
    tell_of("case_waits", "case 1", besides=[asker.pk, None])
    send()
    assert [address for address, _ in mails.taken] == [approver.email]
    assert not mails.mailbox(viewer.email)


def test_many_of_a_kind_at_once_are_one_message(user: User, mails: MailServer) -> None:
    for number in range(30):
        tell(
            "case_waits",
            f"case {number}",
            {**KINDS["case_waits"].example, "person": f"P{number}"},
            path=f"/cases/{number}/",
        )
    send()
    message = mails.mailbox(user.email)[0]
    assert len(mails.taken) == 1
    assert message["Subject"] == "30 cases wait for approval"
    text = message.get_body(("plain",)).get_content()
    assert "- Approve or reject: P0" in text
    assert "and 10 more" in text
    assert "http://127.0.0.1:8000/cases/\n" in text.replace("\r\n", "\n")


def test_a_receiver_whom_the_server_does_not_know_is_a_bounce(mails: MailServer) -> None:
    mails.unknown.add("zoe@example.com")
    tell_address("ask_person", "ask 1", "zoe@example.com", KINDS["ask_person"].example)
    assert delivery_state("ask_person", "ask 1") == State.WAITING
    send()
    assert delivery_state("ask_person", "ask 1") == State.BOUNCED
    assert "550 5.1.1 No such mailbox" in Delivery.objects.get().problem
    later()
    assert send() == 0


def test_a_bounce_may_come_after_the_message(mails: MailServer) -> None:
    mails.refuses_content = "550 5.1.1 User unknown"
    tell_address("ask_person", "ask 1", "zoe@example.com", KINDS["ask_person"].example)
    send()
    assert delivery_state("ask_person", "ask 1") == State.BOUNCED


def test_a_refused_message_is_no_bounce(mails: MailServer) -> None:
    mails.refuses_content = "554 5.7.1 Looks like spam"
    tell_address("ask_person", "ask 1", "zoe@example.com", KINDS["ask_person"].example)
    send()
    assert delivery_state("ask_person", "ask 1") == State.FAILED


def test_what_is_put_off_is_sent_later(mails: MailServer) -> None:
    mails.greylisted.add("zoe@example.com")
    tell_address("ask_person", "ask 1", "zoe@example.com", KINDS["ask_person"].example)
    assert send() == 0
    assert Delivery.objects.get().next_attempt_at > timezone.now() + timedelta(seconds=50)
    assert send() == 0  # it is not due yet
    later()
    assert send() == 1


def test_a_server_that_hangs_up_is_tried_again(mails: MailServer) -> None:
    mails.hangs_up = 1
    tell_address("ask_person", "ask 1", "zoe@example.com", KINDS["ask_person"].example)
    assert send() == 0
    later()
    assert send() == 1
    assert len(mails.taken) == 1


def test_after_a_day_in_vain_it_stands_in_the_list_of_failures(mails: MailServer) -> None:
    mails.hangs_up = 100
    tell_address("ask_person", "ask 1", "zoe@example.com", KINDS["ask_person"].example)
    pauses = []
    for _ in range(20):
        before = timezone.now()
        send()
        pauses.append(Delivery.objects.get().next_attempt_at - before)
        later()
    assert delivery_state("ask_person", "ask 1") == State.FAILED
    assert Delivery.objects.get().attempts == 8
    assert timedelta(hours=24) < sum(pauses[:7], timedelta()) < timedelta(hours=28)


def test_without_a_mail_server_it_fails_with_what_to_do() -> None:
    tell_address("ask_person", "ask 1", "zoe@example.com", KINDS["ask_person"].example)
    send()
    failed = Delivery.objects.get()
    assert failed.state == State.FAILED
    assert "USHER_SMTP_HOST" in failed.remedy


def test_links_to_one_person_are_encrypted_and_gone_once_sent(mails: MailServer) -> None:
    links = [
        NoticeLink("I need it", "https://u/keep/s3cret"),
        NoticeLink("Release my seat", "https://u/go/s3cret"),
    ]
    tell_address("ask_person", "ask 1", "zoe@example.com", KINDS["ask_person"].example, links=links)
    assert "s3cret" not in str(Notice.objects.values_list("facts").get())
    send()
    message = mails.mailbox("zoe@example.com")[0]
    for form in ("plain", "html"):
        body = message.get_body((form,)).get_content()
        assert "https://u/keep/s3cret" in body
        assert "Release my seat" in body
        assert "Choose what you are told" not in body  # they have no account
    assert Notice.objects.get().links == ""


def test_what_a_dead_process_left_is_sent_again_with_the_same_id(user: User, mails: MailServer) -> None:
    tell_of("ledger_broken", "1204")
    send()
    Delivery.objects.update(state=State.SENDING, begun_at=timezone.now() - CUT_OFF_AFTER * 2)
    send()
    first, second = mails.mailbox(user.email)
    assert first["Message-ID"] == second["Message-ID"]


def test_what_another_process_is_sending_is_left_alone(user: User, mails: MailServer) -> None:
    tell_of("ledger_broken", "1204")
    send()
    Delivery.objects.update(state=State.SENDING, begun_at=timezone.now())
    assert send() == 0
    assert len(mails.taken) == 1


def test_nothing_that_somebody_called_themselves_becomes_markup_or_a_header(
    user: User, mails: MailServer
) -> None:
    facts = {**KINDS["case_waits"].example, "person": "<b>Zoë</b>\r\nBcc: evil@example.com\n\n{requester}"}
    tell("case_waits", "case 1", facts)
    send()
    message = mails.mailbox(user.email)[0]
    assert message["Bcc"] is None
    assert "{requester}" in message["Subject"]
    assert "&lt;b&gt;Zoë&lt;/b&gt; Bcc" in message.get_body(("html",)).get_content()


def test_what_is_old_is_forgotten_and_still_told_once(user: User, mails: MailServer) -> None:
    tell_of("ledger_broken", "1204")
    send()
    long_ago = timezone.now() - KEPT - timedelta(days=1)
    Notice.objects.update(told_at=long_ago)
    Delivery.objects.update(ended_at=long_ago)
    forget_old()
    assert Notice.objects.get().facts == {}
    assert not Delivery.objects.exists()
    assert not tell_of("ledger_broken", "1204")


def test_a_lost_key_fails_what_needs_it_and_nothing_else(user: User, mails: MailServer) -> None:
    links = [NoticeLink("I need it", "https://u/keep")]
    tell_address("ask_person", "ask 1", "zoe@example.com", KINDS["ask_person"].example, links=links)
    tell_of("ledger_broken", "1204")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notify_notice SET links = 'of another key' WHERE links <> ''")
    assert send() == 1
    assert delivery_state("ask_person", "ask 1") == State.FAILED
    assert "USHER_ENCRYPTION_KEYS" in Delivery.objects.get(state=State.FAILED).remedy
    assert len(mails.mailbox(user.email)) == 1


def test_a_missing_fact_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="misses"):
        tell("ledger_broken", "1", {})
    with pytest.raises(ValueError, match="wrong receivers"):
        tell_of("ask_person", "1")
