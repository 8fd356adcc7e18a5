"""The same tools over standard input and output, for a program that starts Usher itself."""

import anyio
from django.db import close_old_connections

from usher.assistants.caller import Caller, CallerSource, calls_by
from usher.assistants.server import mcp_server


def serve_stdio(source: CallerSource) -> None:
    """Until the input ends. What is printed elsewhere goes to standard error."""

    def fresh() -> Caller:
        close_old_connections()  # the database may have been restarted since the last call
        return source()

    with calls_by(fresh):
        anyio.run(mcp_server().run_stdio_async)
