"""A free port of loopback, and an application served on it: its port is printed once it answers, and the program ends
when its standard input does."""

import asyncio
import os
import socket
import sys
import threading

import uvicorn

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
root = "http://127.0.0.1:%d" % listener.getsockname()[1]


def serve(app, lifespan="auto"):
    threading.Thread(target=end_with_input, daemon=True).start()
    asyncio.run(serve_until_ended(uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan=lifespan))))


def end_with_input():
    sys.stdin.read()
    os._exit(0)


async def serve_until_ended(server):
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    print(listener.getsockname()[1], flush=True)
    await serving
