"""Requests as the web server hands them over."""

from io import BytesIO

import pytest
from django.test import RequestFactory

from usher.config.wsgi import application


@pytest.mark.parametrize("charset", ["hex", "rot13", "utf-16", "unicode_escape", "no-such-charset", ""])
@pytest.mark.parametrize("path", ["/healthz", "/scim/v2/Users", "/sign-in/"])
def test_a_request_is_read_as_utf8_whatever_it_says(db: None, path: str, charset: str) -> None:
    request = RequestFactory().get(path, {"q": "é"})
    said = f"text/plain; charset={charset}"
    environment = {**request.environ, "CONTENT_TYPE": said, "wsgi.input": BytesIO()}
    assert application.get_response(application.request_class(environment)).status_code in (200, 401)
