from django.apps import AppConfig
from django.db.backends.signals import connection_created

from usher.platform.database import have_server_notice
from usher.platform.following.statement_spans import trace_statements
from usher.platform.outages import announcer


class WebConfig(AppConfig):
    name = "usher.web"

    def ready(self) -> None:
        connection_created.connect(have_server_notice, dispatch_uid="have-server-notice")
        connection_created.connect(trace_statements, dispatch_uid="trace-statements")
        connection_created.connect(announcer.on_connected, dispatch_uid="outage-is-over")
