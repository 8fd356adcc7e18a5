from zoneinfo import available_timezones

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from usher.access.models import User
from usher.access.timezones import ViewersTimeZone


def zone_of(user: User | AnonymousUser, cookie: str = "") -> str:
    request = RequestFactory().get("/")
    request.user = user
    request.COOKIES = {"sessionid": "any", "tz": cookie}
    answer = ViewersTimeZone(lambda _: HttpResponse(timezone.get_current_timezone_name()))(request)
    return answer.content.decode()


def test_the_zone_of_the_profile_comes_first() -> None:
    assert zone_of(User(time_zone="Asia/Tokyo"), "Europe/Berlin") == "Asia/Tokyo"


def test_the_browsers_zone_comes_next() -> None:
    assert zone_of(User(), "Europe/Berlin") == "Europe/Berlin"
    assert zone_of(AnonymousUser(), "Europe/Berlin") == "Europe/Berlin"


@pytest.mark.parametrize("cookie", ["", "Mars/Phobos", "../../etc/passwd", "/etc/localtime", "Europe/../UTC"])
def test_without_a_zone_that_exists_times_are_in_utc(cookie: str) -> None:
    assert zone_of(User(time_zone="Gone/Zone"), cookie) == "UTC"


@given(st.text())
def test_no_cookie_breaks_a_request(cookie: str) -> None:
    assert zone_of(AnonymousUser(), cookie) in {"UTC", *available_timezones()}


def test_the_next_request_starts_without_the_zone_of_this_one() -> None:
    zone_of(User(time_zone="Asia/Tokyo"))
    assert timezone.get_current_timezone_name() == "UTC"
