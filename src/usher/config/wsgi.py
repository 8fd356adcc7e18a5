"""The web application, for gunicorn."""

import os
from collections.abc import Mapping
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """A request is read as UTF-8, whatever it says: browsers send what they got, and JSON is UTF-8.

    Django takes any encoding that Python knows. Some of them are not for text at all, and the request would fail before
    anything could answer it.
    """

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "usher.config.settings")
application = get_wsgi_application()
application.request_class = Utf8Request
