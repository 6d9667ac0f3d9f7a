"""Servers whose tools are called: what the official package makes of them in both eras, and servers that do not keep to
what they should. All that happens to them is noted, and can be waited for."""

import asyncio
import json

from mcp.server.caching import CacheHint
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000000020001e221bc330000"
    "000049454e44ae426082"
)

seen = []
changed = asyncio.Event()
gates = {}


def note(event, **more):
    global changed
    seen.append(dict(event=event, **more))
    changed.set()
    changed = asyncio.Event()


def gate(name):
    return gates.setdefault(name, asyncio.Queue())


def made(name, **options):
    server = MCPServer(name, instructions="Say the city.", version="2", **options)

    @server.tool()
    def echo(text: str) -> str:
        """Says what it is told"""
        note("echo", server=name, text=text)
        return text

    @server.tool()
    def plain(text: str):
        """Says what it is told, as text alone"""
        return [text, "and that was it"]

    @server.tool()
    def inspect(ctx: Context) -> dict[str, dict]:
        """Tells what came with the call"""
        meta = {k: v for k, v in dict(ctx.request_context.meta or {}).items() if "/" not in k}
        found = {"headers": dict(ctx.headers or {}), "meta": meta}
        note("inspect", server=name, **found)
        return found

    @server.tool()
    def fail(reason: str) -> str:
        """Fails"""
        raise ToolError(reason)

    @server.tool()
    def picture():
        """A picture"""
        return ["a dot", Image(data=PICTURE, format="png")]

    @server.tool()
    async def steady(name: str, ctx: Context) -> str:
        """Gets on with it as long as it is told to"""
        note("steady", name=name)
        while True:
            word = await gate(name).get()
            if word == "end":
                return "done"
            await ctx.report_progress(1, message=word)

    @server.tool()
    async def forever(name: str) -> str:
        """Never ends"""
        note("forever", name=name)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            note("cancelled", name=name)
            raise
        return ""

    return server


official = {
    "/tools": made("tools").streamable_http_app(streamable_http_path="/tools"),
    "/kept": made("kept", cache_hints={"tools/list": CacheHint(ttl_ms=60_000)}).streamable_http_app(
        streamable_http_path="/kept", json_response=True
    ),
    "/tools-legacy": made("legacy").streamable_http_app(streamable_http_path="/tools-legacy"),
    "/tools-sse": made("sse").sse_app(sse_path="/tools-sse", message_path="/tools-sse-messages/"),
}
official["/tools-sse-messages"] = official["/tools-sse"]

sessions = {"/expiring": 0}

LIES = {
    "/lie-content": {"content": "words"},
    "/lie-piece": {"content": [{"type": "text", "text": 7}]},
    "/lie-base64": {"content": [{"type": "image", "data": "?", "mimeType": "image/png"}]},
    "/lie-flag": {"content": [], "isError": "no"},
    "/lie-nothing": {},
    "/lie-round": {"resultType": "input_required", "requestState": "x"},
    "/lie-huge": {"content": [{"type": "text", "text": "x" * 5_000_000}]},
    "/odd": {"content": [{"type": "hologram", "size": 3}, {"type": "resource_link", "uri": "file:///a", "name": "a"}]},
}


async def call(path, request, headers, send, reply):
    """What tools/call answers on the servers by hand; false where it is none of them."""
    if path in LIES:
        await reply(send, 200, {"jsonrpc": "2.0", "id": request["id"], "result": LIES[path]})
    elif path == "/lie-id":
        await reply(send, 200, {"jsonrpc": "2.0", "id": 4711, "result": {"content": []}})
    elif path == "/dies":
        note("dies")
        fields = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
        raise RuntimeError("the server dies")
    elif path == "/expiring":
        sessions[path] += 1
        note("expiring", session=headers.get("mcp-session-id"))
        if sessions[path] % 2 == 1:
            await reply(send, 404, {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "gone"}})
        else:
            text = {"content": [{"type": "text", "text": "after a new session"}]}
            await reply(send, 200, {"jsonrpc": "2.0", "id": request["id"], "result": text})
    else:
        return False
    return True


async def control(path, scope, send, reply, body):
    """What tests ask: all that was seen, waiting for something to be seen, and words for a gate."""
    if path == "/seen":
        return await reply(send, 200, {"seen": seen})
    wanted = json.loads(body)
    if path == "/say":
        gate(wanted["name"]).put_nowait(wanted["word"])
        return await reply(send, 200, {})
    while True:
        signal = changed
        found = [one for one in seen if all(one.get(k) == v for k, v in wanted.items())]
        if found:
            return await reply(send, 200, {"seen": found})
        await signal.wait()
