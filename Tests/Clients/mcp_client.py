"""Drives a running Covey with the official MCP client, with a handshake and without. Arguments: address of the server,
id of the project."""

import asyncio
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

address, project = sys.argv[1:]
scope = {
    "x-inkeep-tenant-id": "default",
    "x-inkeep-project-id": project,
    "x-inkeep-agent-id": "agent",
}
checked = 0


def check(holds, what):
    global checked
    checked += 1
    if not holds:
        sys.exit("FAILED: " + what)


def connect(mode):
    http = httpx2.AsyncClient(headers=scope, timeout=30)
    return Client(streamable_http_client(address + "/run/v1/mcp", http_client=http), mode=mode)


async def ask(mode, revisions):
    async with connect(mode) as client:
        check(client.protocol_version in revisions, f"{mode}: the revision is {client.protocol_version}")
        if mode in ("legacy", "auto"):
            check(client.server_info.name == "covey", mode + ": the server says its name")
        tools = (await client.list_tools()).tools
        check([tool.name for tool in tools] == ["send-query-to-agent"], mode + ": there is one tool")
        heard = []

        async def progress(amount, total, message):
            heard.append(message)

        result = await client.call_tool("send-query-to-agent", {"query": "hello there"}, progress_callback=progress)
        check(not result.is_error, mode + ": the call is answered")
        check("hello there" in result.content[0].text, mode + ": the answer quotes the query: " + repr(result.content))
        check(heard, mode + ": progress was told")
        arguments = {"query": "and again"}
        if result.structured_content:
            arguments["conversationId"] = result.structured_content["conversationId"]
        again = await client.call_tool("send-query-to-agent", arguments)
        check("and again" in again.content[0].text, mode + ": a second call is answered")
        check(again.structured_content == result.structured_content, mode + ": it goes on in the conversation")
        try:
            await client.call_tool("nothing", {})
            check(False, mode + ": an unknown tool is refused")
        except Exception as error:
            check("Unknown tool" in str(error), mode + ": an unknown tool is refused: " + str(error))


async def main():
    await ask("legacy", ["2025-11-25"])
    await ask("auto", ["2026-07-28"])
    await ask("2026-07-28", ["2026-07-28"])


asyncio.run(main())
print(f"{checked} checks passed")
