"""An MCP server whose tools have effects, which it counts: it remembers every call that reached it, with the key by which
a repeated call may be told. On a free port of loopback; prints the port, and ends with its standard input."""

import asyncio
import json

from mcp.server.mcpserver import MCPServer
from serving import serve

effects = []


def server():
    server = MCPServer("effects", version="1.0.0")

    @server.tool()
    async def pay(order: str) -> str:
        """Pays an order: must not happen twice"""
        await asyncio.sleep(0.02)
        return "paid " + order

    @server.tool()
    async def look(order: str) -> str:
        """Looks an order up: may happen twice"""
        await asyncio.sleep(0.02)
        return "found " + order

    @server.tool()
    async def mail(order: str) -> str:
        """Mails about an order, when a person agrees"""
        await asyncio.sleep(0.02)
        return "mailed " + order

    return server.streamable_http_app(streamable_http_path="/mcp")


inner = server()


async def app(scope, receive, send):
    if scope["type"] != "http":
        return await inner(scope, receive, send)
    if scope["path"] == "/effects":
        body = json.dumps(effects).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        return await send({"type": "http.response.body", "body": body})
    pieces, more = [], True
    while more and scope["method"] == "POST":
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"".join(pieces)
    note(body)
    given = False

    async def again():
        nonlocal given
        if scope["method"] != "POST" or given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    await inner(scope, again, send)


def note(body):
    try:
        request = json.loads(body)
    except ValueError:
        return
    if isinstance(request, dict) and request.get("method") == "tools/call":
        parameters = request["params"]
        effects.append({"tool": parameters["name"], "arguments": parameters.get("arguments", {})})


serve(app)
