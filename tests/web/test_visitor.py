import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from usher.platform.proxies import InvalidProxies, trusted_proxies
from usher.web.visitor import VisitorsAddress


def seen(peer: str, forwarded: str | None = None) -> str:
    """The address that views see."""
    request = RequestFactory().get("/", REMOTE_ADDR=peer)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded

    def view(request: HttpRequest) -> HttpResponse:
        assert "HTTP_X_FORWARDED_FOR" not in request.META  # nothing after it can believe another address
        return HttpResponse(request.META["REMOTE_ADDR"])

    answer = VisitorsAddress(view)(request)
    assert isinstance(answer, HttpResponse)
    return answer.text


@pytest.fixture(autouse=True)
def _two_proxies(settings: Settings) -> None:
    settings.USHER_TRUSTED_PROXIES = trusted_proxies("10.0.0.0/8, ::1")


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),  # a stranger says what it likes
        ("10.1.1.1", "198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),  # the left one was sent by the visitor
        ("10.1.1.1", "203.0.113.9, 198.51.100.1, 10.2.2.2", "198.51.100.1"),  # two proxies
        ("10.1.1.1", "10.3.3.3", "10.3.3.3"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("10.1.1.1", "unknown", "10.1.1.1"),
        ("10.1.1.1", "198.51.100.1, <script>", "10.1.1.1"),
        ("10.1.1.1", "198.51.100.1:4711", "198.51.100.1"),
        ("::1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:10.1.1.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", None, "fe80::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_visitor_is_the_right_most_address_that_is_no_trusted_proxy(
    peer: str, forwarded: str | None, visitor: str
) -> None:
    assert seen(peer, forwarded) == visitor


def test_without_trusted_proxies_nobody_is_believed(settings: Settings) -> None:
    settings.USHER_TRUSTED_PROXIES = trusted_proxies("")
    assert seen("127.0.0.1", "198.51.100.1") == "127.0.0.1"


def test_a_proxy_that_is_no_address_is_named() -> None:
    with pytest.raises(InvalidProxies, match="nginx"):
        trusted_proxies("10.0.0.1, nginx")
