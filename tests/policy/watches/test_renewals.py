"""Reminders of the day until which Asana must have notice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.contracts.agreed import a_contract, member_seats
from tests.support.roster.people import a_connection
from usher.notify.models import Notice
from usher.policy.watches.renewals import tell_of_renewals

pytestmark = pytest.mark.django_db


def test_each_reminder_is_told_once_and_none_is_lost_when_nothing_ran_on_its_day() -> None:
    today = timezone.localdate()
    contract = a_contract(a_connection(), member_seats(200, "24.99"), renews_on=today + timedelta(days=400))
    notice = contract.term.notice_day(contract.renews_on)
    told = []
    for days_before in (200, 91, 90, 89, 61, 45, 44, 30, 20, 10, 1):
        before = Notice.objects.count()
        tell_of_renewals(notice - timedelta(days=days_before))
        if Notice.objects.count() > before:
            told.append(days_before)
    assert told == [90, 45, 30, 10]
    newest = Notice.objects.order_by("-pk")[0]
    assert newest.facts["days"] == 10
    assert newest.path == f"/savings/{contract.pk}/"
