"""Several MCP servers on one free port of loopback, each under a path of its own; prints the port, and ends with its
standard input. Those on /mcp, /json, /legacy and /sse are what the official package makes of them; the others are
what a client meets in the world."""

import asyncio
import contextlib
import json

import mcp_authorization
import mcp_tools
from mcp.server.mcpserver import MCPServer
from serving import root, serve
from starlette.applications import Starlette

counts = {}
under_way = {}
most_at_once = {}


def official():
    server = MCPServer("weather", instructions="Ask for one city at a time.", version="1.2.3")

    @server.tool()
    def get_forecast(city: str) -> str:
        """The weather of tomorrow"""
        return "sunny in " + city

    @server.tool()
    def add(a: int, b: int) -> int:
        """Adds two numbers"""
        return a + b

    return server


apps = {
    "/mcp": official().streamable_http_app(streamable_http_path="/mcp"),
    "/json": official().streamable_http_app(streamable_http_path="/json", json_response=True, stateless_http=True),
    "/legacy": official().streamable_http_app(streamable_http_path="/legacy"),
    "/sse": official().sse_app(sse_path="/sse", message_path="/sse-messages/"),
}
apps["/sse-messages"] = apps["/sse"]
apps.update(mcp_tools.official)
provider = mcp_authorization.Provider(mcp_tools.note)
apps["/guarded"] = mcp_tools.made(
    "guarded", auth=mcp_authorization.settings(root, "/guarded"), auth_server_provider=provider
).streamable_http_app(streamable_http_path="/guarded")
for path in mcp_authorization.PATHS:
    apps[path] = apps["/guarded"]


async def body_of(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def reply(send, status, body, kind="application/json", headers=()):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    fields = [(b"content-type", kind.encode())] + [(k.encode(), v.encode()) for k, v in headers]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


def result(request, value):
    return {"jsonrpc": "2.0", "id": request["id"], "result": value}


def error(request, code, message, data=None):
    fault = {"code": code, "message": message}
    if data is not None:
        fault["data"] = data
    return {"jsonrpc": "2.0", "id": request.get("id"), "error": fault}


def tool(name, schema=None, description="A tool"):
    return {"name": name, "description": description, "inputSchema": schema or {"type": "object"}}


def nested(depth):
    schema = {"type": "object"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def event(message):
    return b"event: message\ndata: " + json.dumps(message).encode() + b"\n\n"


pages = [0]


def listed(path, request):
    """What tools/list answers under a path."""
    if path == "/pages":
        pages[0] += 1
        return {"tools": [tool("t%d" % pages[0])], "nextCursor": str(pages[0])}
    if path == "/loop":
        return {"tools": [], "nextCursor": "again"}
    if path == "/huge":
        return {"tools": [tool("big", description="x" * 10_000_000)]}
    if path == "/many":
        return {"tools": [tool("t%d" % n) for n in range(2000)]}
    if path == "/deep":
        return {"tools": [tool("deep", nested(100))]}
    if path == "/twins":
        return {"tools": [tool("one"), tool("one")]}
    if path == "/nameless":
        return {"tools": [{"description": "no name"}]}
    if path == "/shapeless":
        return {"tools": {"a": 1}}
    return {"tools": [tool("only")]}


async def raw(path, scope, receive, send):
    """A server by hand, of the revision before the newest."""
    headers = {k.decode(): v.decode() for k, v in scope["headers"]}
    body = await body_of(receive)
    if path == "/slow":
        await asyncio.sleep(30)
    if path == "/auth" and headers.get("authorization") != "Bearer good-token":
        return await reply(send, 401, {"error": "invalid_token"}, headers=[("www-authenticate", 'Bearer realm="mcp"')])
    if path == "/forbidden":
        return await reply(send, 403, {"error": "insufficient_scope"}, headers=[("www-authenticate", "Bearer")])
    if path == "/private":
        return await reply(send, 307, b"", headers=[("location", "http://10.0.0.1/mcp")])
    if path == "/moved":
        return await reply(send, 307, b"", headers=[("location", "/json")])
    if path == "/page":
        return await reply(send, 200, b"<html>hello</html>", "text/html")
    if path == "/down":
        return await reply(send, 503, b"busy", "text/plain")
    if path == "/junk":
        return await reply(send, 200, b"{not json")
    if path == "/bare":
        return await reply(send, 200, {"hello": "world"})
    if scope["method"] == "DELETE":
        return await reply(send, 200, b"")
    request = json.loads(body)
    method = request.get("method")
    if method is None or "id" not in request:
        return await reply(send, 202, b"")
    if method == "server/discover":
        return await reply(send, 400, error(request, -32600, "Bad Request: Missing session ID"))
    if method == "initialize":
        version = request["params"]["protocolVersion"]
        if path == "/old":
            if version != "2025-03-26":
                return await reply(send, 200, error(request, -32602, "Unsupported", {"supported": ["2025-03-26"]}))
        if path == "/future":
            version = "2099-01-01"
        start = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": path, "version": "7"}}
        if path == "/wordy":
            start["instructions"] = "x" * 100_000
        return await reply(send, 200, result(request, start), headers=[("mcp-session-id", "session-" + path[1:])])
    if headers.get("mcp-session-id") != "session-" + path[1:]:
        return await reply(send, 404, error(request, -32001, "Session not found"))
    if path == "/error":
        return await reply(send, 200, error(request, -32000, "no: " + headers.get("authorization", "") + "\n\x07"))
    if path == "/cut":
        return await reply(send, 200, event({"jsonrpc": "2.0", "method": "notifications/x"}), "text/event-stream")
    if method == "tools/call" and await mcp_tools.call(path, request, headers, send, reply):
        return
    if path == "/chatty":
        ping = event({"jsonrpc": "2.0", "id": 99, "method": "ping"})
        other = event({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}})
        answer = event(result(request, listed(path, request)))
        return await reply(send, 200, b": hello\n\n" + ping + other + answer, "text/event-stream")
    return await reply(send, 200, result(request, listed(path, request)))


async def app(scope, receive, send):
    path = "/" + scope["path"].split("/")[1]
    if path == "/counts":
        return await reply(send, 200, {"requests": counts, "atOnce": most_at_once})
    if path == "/grants":
        provider.change(json.loads(await body_of(receive)))
        return await reply(send, 200, {})
    if path in ("/seen", "/await", "/say"):
        return await mcp_tools.control(path, scope, send, reply, await body_of(receive))
    counts[path] = counts.get(path, 0) + 1
    under_way[path] = under_way.get(path, 0) + 1
    most_at_once[path] = max(most_at_once.get(path, 0), under_way[path])
    try:
        if path not in apps:
            return await raw(path, scope, receive, send)
        if path in ("/legacy", "/tools-legacy") and scope["method"] == "POST":
            body = await body_of(receive)
            if json.loads(body).get("method") == "server/discover":
                return await reply(send, 404, b"Not Found", "text/plain")

            first = [{"type": "http.request", "body": body, "more_body": False}]

            async def again():
                return first.pop() if first else await receive()

            return await apps[path](scope, again, send)
        await apps[path](scope, receive, send)
    finally:
        under_way[path] -= 1


@contextlib.asynccontextmanager
async def lifespan(_):
    async with contextlib.AsyncExitStack() as stack:
        for path, inner in apps.items():
            if not path.endswith("-messages") and path not in mcp_authorization.PATHS:
                await stack.enter_async_context(inner.router.lifespan_context(inner))
        yield


outer = Starlette(lifespan=lifespan)


async def entry(scope, receive, send):
    await (app if scope["type"] == "http" else outer)(scope, receive, send)


serve(entry, lifespan="on")
