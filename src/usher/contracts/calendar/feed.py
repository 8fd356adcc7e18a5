"""Renewals as a calendar (RFC 5545). It says names of contracts and dates, and nothing else."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event

from usher.contracts.renewals import REMIND_DAYS_BEFORE, Renewal


def calendar_of(renewals: Iterable[Renewal], now: datetime) -> bytes:
    """An event of a whole day for each renewal, and one for its notice day, which reminds of itself."""
    calendar = Calendar()
    calendar.add("prodid", "-//Usher//Renewals//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Asana contracts")
    calendar.add("refresh-interval", timedelta(days=1), parameters={"VALUE": "DURATION"})
    for renewal in renewals:
        name = renewal.contract.name
        notice = _event(renewal, "notice", now)
        notice.add("summary", f"Last day of notice: {name}")
        notice.add("dtstart", renewal.notice_on)
        for days in REMIND_DAYS_BEFORE:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", f"Notice for {name} in {days} days")
            alarm.add("trigger", timedelta(days=-days))
            notice.add_component(alarm)
        calendar.add_component(notice)
        renews = _event(renewal, "renewal", now)
        renews.add("summary", f"Renews: {name}")
        renews.add("dtstart", renewal.renews_on)
        calendar.add_component(renews)
    return bytes(calendar.to_ical())


def _event(renewal: Renewal, kind: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"contract-{renewal.contract.pk}-{renewal.renews_on}-{kind}@usher")
    event.add("dtstamp", now)
    event.add("transp", "TRANSPARENT")
    return event
