"""Agents that speak A2A, on one free port of loopback, each under a path of its own; prints the port, and ends with its
standard input. The one on /official is what the official package makes of it; the others are what a client meets in
the world.

GET /seen     what all of them were asked: {"path", "method", "headers", "body"}
"""

import asyncio
import json

from a2a.server.agent_execution import AgentExecutor
from a2a.server.apps import A2AStarletteApplication
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, DataPart, Part, TextPart
from a2a.utils import new_agent_text_message
from serving import root, serve

seen = []
tries = {}
canceled = asyncio.Event()


class Clerk(AgentExecutor):
    """Answers by what it is asked: at once, as a task with artifacts, or with a question; remembers its contexts."""

    def __init__(self):
        self.contexts = {}

    async def execute(self, context, queue):
        text = context.get_user_input()
        said = self.contexts.setdefault(context.context_id, [])
        said.append(text)
        if text == "hello":
            await queue.enqueue_event(new_agent_text_message("Hello, number %d" % len(said), context.context_id))
            return
        updater = TaskUpdater(queue, context.task_id, context.context_id)
        if context.current_task:
            await updater.add_artifact([Part(root=TextPart(text="7 euros, as you said " + text))])
            return await updater.complete()
        await updater.submit()
        await updater.start_work()
        if text == "ask":
            question = updater.new_agent_message([Part(root=TextPart(text="Which month?"))])
            await updater.requires_input(question, final=True)
        elif text == "fail":
            reason = updater.new_agent_message([Part(root=TextPart(text="The books are closed."))])
            await updater.failed(reason)
        else:
            await updater.add_artifact([Part(root=TextPart(text="42 euros")), Part(root=DataPart(data={"sum": 42}))])
            await updater.complete()

    async def cancel(self, context, queue):
        raise NotImplementedError


def official():
    card = AgentCard(
        name="Clerk", description="Keeps the books", url=root + "/official", version="1.0.0",
        capabilities=AgentCapabilities(), default_input_modes=["text/plain"], default_output_modes=["text/plain"],
        skills=[])
    handler = DefaultRequestHandler(agent_executor=Clerk(), task_store=InMemoryTaskStore())
    return A2AStarletteApplication(agent_card=card, http_handler=handler).build(
        rpc_url="/official", agent_card_url="/official/.well-known/agent-card.json")


def message(text):
    return {"kind": "message", "role": "agent", "messageId": "m", "parts": [{"kind": "text", "text": text}]}


def task(state, text=None, **more):
    status = {"state": state}
    if text:
        status["message"] = message(text)
    return {"kind": "task", "id": "t1", "contextId": "c", "status": status, **more}


def result(value, number=1):
    return 200, json.dumps({"jsonrpc": "2.0", "id": number, "result": value})


def busy(body):
    tries["busy"] = tries.get("busy", 0) + 1
    if tries["busy"] < 3:
        return 429, "busy", [(b"retry-after", b"3")]
    return result(message("done at last"))


def polled(body):
    if body["method"] == "tasks/cancel":
        canceled.set()
        return result(task("canceled"))
    if body["method"] == "message/send":
        return result(task("submitted"))
    tries["polled"] = tries.get("polled", 0) + 1
    if tries["polled"] < 3:
        return result(task("working"))
    return result(task("completed", artifacts=[{"artifactId": "a", "parts": [{"kind": "text", "text": "worked"}]}]))


def forgetful(body):
    if body["params"]["message"].get("taskId"):
        return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32001, "message": "Task not found"}})
    return result(task("input-required", "Which month?"))


def endless(body):
    return polled(body) if body["method"] == "tasks/cancel" else result(task("working"))


# What each of them answers to a call.
CALLS = {
    "/busy": busy,
    "/polled": polled,
    "/endless": endless,
    "/forgetful": forgetful,
    "/rejects": lambda body: result(task("rejected", "Not my job.")),
    "/wants-login": lambda body: result(task("auth-required")),
    "/error": lambda body: (200, json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -32001, "message": "No."}})),
    "/other-id": lambda body: result(message("for somebody else"), 7),
    "/no-parts": lambda body: result({"kind": "message"}),
    "/junk": lambda body: (200, "<html>"),
    "/giant": lambda body: result(message("x" * 300000)),
    "/vast": lambda body: result(message("x" * 5000000)),
    "/denies": lambda body: (401, "no"),
    "/moved": lambda body: (307, "", [(b"location", b"/official")]),
    "/old": lambda body: result(message("old but well")),
    "/elsewhere": lambda body: result(message("from elsewhere")),
    "/hang": None,
    "/half": None,
}


def card(path, host):
    """The card of one of them."""
    name = {"name": path, "version": "1", "url": root + path, "protocolVersion": "0.3.0"}
    if path == "/lying":
        # Another name of the same machine: another origin, and an address that not everybody may reach.
        return {**name, "url": root.replace("127.0.0.1", "localhost") + "/elsewhere"}
    if path == "/private":
        return {**name, "url": "http://10.255.255.1/"}
    if path == "/grpc":
        return {**name, "preferredTransport": "GRPC"}
    if path == "/file":
        return {**name, "url": "file:///etc/passwd"}
    if path == "/newer":
        return {"name": path, "supportedInterfaces": [
            {"url": root, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}]}
    return name


async def world(scope, receive, send):
    path, kind = scope["path"], scope["type"]
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    parsed = json.loads(body) if body else None
    if path == "/seen":
        return await answer(send, 200, json.dumps({"seen": seen}))
    if path == "/canceled":
        await asyncio.wait_for(canceled.wait(), 30)
        return await answer(send, 200, "{}")
    seen.append({"path": path, "method": scope["method"], "headers": headers, "body": parsed})
    if path.startswith("/official"):
        sent = False

        async def once():
            nonlocal sent
            if sent:
                await asyncio.sleep(3600)
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        return await clerk(scope, once, send)
    agent, slash, well_known = path.partition("/.well-known/")
    if slash:
        if agent == "/gone-away":
            return await answer(send, 302, "", [(b"location", b"http://10.255.255.1/card")])
        if agent == "/nobody" or (agent == "/old" and well_known == "agent-card.json"):
            return await answer(send, 404, "")
        return await answer(send, 200, json.dumps(card(agent, headers.get("host"))))
    if path == "/hang":
        return await asyncio.sleep(3600)
    if path == "/half":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        return await send({"type": "http.response.body", "body": b'{"jsonrpc": "2.0", "id": 1, "res'})
    await answer(send, *CALLS[path](parsed))


async def answer(send, status, text, headers=[]):
    fields = [(b"content-type", b"application/json")] + list(headers)
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": text.encode()})


clerk = official()
serve(world, lifespan="off")
