"""Clients as people use them speak to a real Usher: the Python SDK's own, and the TypeScript SDK's."""

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.support.assistants.processes import (
    Company,
    a_company_in_processes,
    token_of,
    told_to_other_client,
)
from tests.support.pool.pages import run, web

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("assistants-real")]

TOOLS = {
    "find_people",
    "who_is_idle",
    "explain_figure",
    "what_would_removal_break",
    "leavers",
    "open_draft_case",
    "savings_until_renewal",
    "search_audit_log",
    "why_is_protected",
}
ERAS = ["legacy", "auto"]
"""Of the protocol: with a handshake, and the newest that both sides know."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with a_company_in_processes(tmp_path_factory.mktemp("assistants"), "usher_assistants") as found:
        yield found


@pytest.fixture(scope="module")
def address(company: Company) -> Iterator[str]:
    with web(company.usher) as url:
        yield f"{url}/mcp"


def started(company: Company, *arguments: str, **environment: str) -> StdioServerParameters:
    """`usher mcp` as a client starts it."""
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "usher", *arguments, "mcp"],
        env=company.usher.environment | environment,
    )


@asynccontextmanager
async def over_http(address: str, token: str, mode: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(address, http_client=http), mode=mode) as client,
    ):
        yield client


async def speaks(client: Client) -> None:
    """Lists the tools, gets an answer, a refusal and a resource. The client checks answers against their schemas."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == TOOLS
    answer = await client.call_tool("find_people", {"limit": 2})
    assert not answer.is_error
    assert answer.structured_content
    people = answer.structured_content["memberships"]
    assert len(people) == 2
    assert answer.structured_content["rest"]["more"] == answer.structured_content["total"] - 2
    refusal = await client.call_tool("why_is_protected", {"person": "nobody@example.com"})
    assert refusal.is_error
    foreseen = await client.call_tool("what_would_removal_break", {"person": people[0]["person"]})
    assert not foreseen.is_error, foreseen
    read = await client.read_resource(people[0]["person"])
    assert people[0]["gid"] in read.contents[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ERAS)
async def test_the_sdks_client_speaks_over_http(company: Company, address: str, mode: str) -> None:
    async with over_http(address, company.token, mode) as client:
        await speaks(client)


@pytest.mark.parametrize("mode", ERAS)
async def test_the_sdks_client_speaks_over_stdio(company: Company, mode: str) -> None:
    async with Client(started(company, USHER_TOKEN=company.token), mode=mode) as client:
        await speaks(client)


async def test_without_a_token_the_user_of_the_machine_speaks_or_whom_as_names(company: Company) -> None:
    async with Client(started(company)) as client:
        await speaks(client)
    run(company.usher, "users", "add", "victor@example.com", "--role", "viewer")
    async with Client(started(company, "--as", "victor@example.com")) as client:
        refusal = await client.call_tool("open_draft_case", {"person": "x", "reason": "y"})
        assert refusal.is_error
        assert "Only an operator" in refusal.content[0].text  # type: ignore[union-attr]


def test_another_sdks_client_speaks_over_http(company: Company, address: str) -> None:
    said, tools, found, refusal, resource, missing = told_to_other_client(
        ["http", address, company.token],
        {"ask": "listTools"},
        {"ask": "callTool", "name": "find_people", "arguments": {"limit": 1}},
        {"ask": "callTool", "name": "explain_figure", "arguments": {"figure": "persons_last_used"}},
        {"ask": "readResource", "uri": "usher://connection/1"},
        {"ask": "readResource", "uri": "usher://connection/99"},
    )
    assert said["server"]["name"] == "usher"
    assert {tool["name"] for tool in tools["tools"]} == TOOLS
    assert found["structuredContent"]["rest"]["more"] > 0
    assert refusal["isError"]
    assert "was given" in refusal["content"][0]["text"]
    assert resource["contents"][0]["mimeType"] == "application/json"
    assert "There is no usher://connection/99" in missing["failed"]


def test_another_sdks_client_speaks_over_stdio(company: Company) -> None:
    _, tools, found = told_to_other_client(
        ["stdio", sys.executable, "-m", "usher", "mcp"],
        {"ask": "listTools"},
        {"ask": "callTool", "name": "explain_figure", "arguments": {"figure": "seats"}},
        environment=company.usher.environment | {"USHER_TOKEN": company.token},
    )
    assert {tool["name"] for tool in tools["tools"]} == TOOLS
    addends = found["structuredContent"]["addends"]
    assert found["structuredContent"]["value"] == sum(one["value"] for one in addends) > 0


async def test_a_token_that_is_revoked_opens_nothing_a_moment_later(company: Company) -> None:
    run(company.usher, "users", "add", "otto@example.com", "--role", "viewer")
    async with Client(started(company, USHER_TOKEN=token_of(company.usher, "otto@example.com"))) as client:
        assert not (await client.call_tool("leavers", {})).is_error
        run(company.usher, "users", "deactivate", "otto@example.com")
        refusal = await client.call_tool("leavers", {})
        assert refusal.is_error
        assert "ended or was revoked" in refusal.content[0].text  # type: ignore[union-attr]


def test_a_wrong_token_is_refused_before_anything_is_served(company: Company, tmp_path: Path) -> None:
    done = company.usher("mcp", USHER_TOKEN="1/an-asana-token")
    assert (done.returncode, done.stdout) == (1, "")
    assert "wrong, ended or was revoked" in done.stderr
    empty = tmp_path / "token"
    empty.write_text("\n")
    assert company.usher("mcp", "--token-file", str(empty)).returncode == 2


def test_it_ends_with_its_input(company: Company, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(company.token)
    done = company.usher("mcp", "--token-file", str(file), given="")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to_while_it_waits(company: Company, sent: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "usher", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=company.usher.environment,
    )
    try:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}) + "\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == 1
        process.send_signal(sent)
        assert process.wait(10) == 0
        assert process.stderr
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.communicate()
