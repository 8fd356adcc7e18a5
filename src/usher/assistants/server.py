"""The MCP server: the tools and resources, as the SDK offers them. Only what serves it imports this."""

import inspect
from collections.abc import Awaitable, Callable
from functools import cache, partial, wraps
from importlib import metadata
from typing import Any

from asgiref.sync import sync_to_async
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp_types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from mcp_types import Tool as McpTool

from usher.access.roles import Action
from usher.assistants import resources
from usher.assistants.answers import DATA_NOTE, ToolAnswer
from usher.assistants.offered import TOOLS, OfferedTool, RefusedAnswer, Tool, answer, answered
from usher.refusals import Refused
from usher.removal.cases.lookup import LookupFailed

INSTRUCTIONS = f"""\
Usher shows a company who sits in its Asana seats, and removes leavers safely.

These tools read, and one opens drafts. None approves, runs or undoes a removal or changes a guardrail: a person does
that in Usher. Null means unknown, never zero: say so, and say how sure a figure is. {DATA_NOTE}
"""


class ToolServer(MCPServer[dict[str, object]]):
    """Refuses arguments that a tool does not have: a filter that is misspelt would find everybody."""

    async def list_tools(self) -> list[McpTool]:
        tools = await super().list_tools()
        for tool in tools:
            tool.input_schema = {**tool.input_schema, "additionalProperties": False}
        return tools

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any],
        context: Context[dict[str, object], Any] | None = None,
    ) -> CallToolResult | InputRequiredResult:
        tool = next((one for one in await self.list_tools() if one.name == name), None)
        known = tool.input_schema.get("properties", {}) if tool else {}
        unknown = sorted(set(arguments) - set(known)) if tool else []
        if unknown:
            raise ToolError(f"{name} has no {', '.join(unknown)}. It takes: {', '.join(known)}.")
        return await super().call_tool(name, arguments, context)


@cache
def mcp_server() -> ToolServer:
    """Stateless, so that all threads of a process share it."""
    server = ToolServer(
        "usher",
        title="Usher",
        instructions=INSTRUCTIONS,
        version=metadata.version("usher-seats"),
        log_level="WARNING",
        subscriptions=False,
    )
    for tool in TOOLS:
        server.add_tool(
            _called(tool),
            name=tool.name,
            title=tool.title,
            description=inspect.getdoc(tool.function),
            annotations=ToolAnnotations(
                title=tool.title,
                read_only_hint=not tool.writes,
                destructive_hint=False,
                idempotent_hint=not tool.writes,
                open_world_hint=tool.asks_asana,
            ),
            structured_output=True,
        )
    _offer(server, "person", "A person in Asana", resources.read_person)
    _offer(server, "case", "A case: somebody's removal, or its draft", resources.read_case)
    _offer(server, "connection", "A connected Asana account", resources.read_connection)
    return server


def _called(tool: OfferedTool) -> Callable[..., Awaitable[ToolAnswer | CallToolResult]]:
    """With the signature of the tool, without its caller: the SDK makes the schemas of that."""

    @wraps(tool.function)
    async def call(**given: object) -> ToolAnswer | CallToolResult:
        # In the thread that the request came in, with its session of the database.
        found = await sync_to_async(answered)(tool.needs, tool.function, given)
        if isinstance(found, RefusedAnswer):
            said = found.model_dump_json(indent=1)
            return CallToolResult(content=[TextContent(type="text", text=said)], is_error=True)
        return found

    signature = inspect.signature(tool.function)
    named = [one for one in signature.parameters.values() if one.name != "caller"]
    call.__signature__ = signature.replace(parameters=named)  # type: ignore[attr-defined]
    return call


def _offer(server: ToolServer, name: str, title: str, read: Tool) -> None:
    async def resource(number: int) -> str:
        try:
            found = await sync_to_async(partial(answer, Action.READ, read))({"number": number})
        except LookupFailed as refusal:
            raise ResourceNotFoundError(f"{refusal.message} {refusal.remedy}") from refusal
        except Refused as refusal:
            raise ResourceError(f"{refusal.message} {refusal.remedy}") from refusal
        return found.model_dump_json(indent=1)

    server.resource(
        f"usher://{name}/{{number}}",
        name=name,
        title=title,
        description=f"{title}. Texts by others are marked as data.",
        mime_type="application/json",
    )(resource)
