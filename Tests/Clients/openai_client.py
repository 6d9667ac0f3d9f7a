"""Drives a running Covey with the official OpenAI client. Arguments: address of the server, id of the project."""

import sys

import openai

address, project = sys.argv[1:]
client = openai.OpenAI(
    base_url=address + "/run/v1",
    api_key="any-key-will-do-in-development",
    max_retries=0,
    timeout=30,
    default_headers={
        "x-inkeep-tenant-id": "default",
        "x-inkeep-project-id": project,
        "x-inkeep-agent-id": "agent",
    },
)
checked = 0


def check(holds, what):
    global checked
    checked += 1
    if not holds:
        sys.exit("FAILED: " + what)


def ask(text, **options):
    return client.chat.completions.create(model="agent", messages=[{"role": "user", "content": text}], **options)


# One JSON answer.
plain = ask("hello there")
answer = plain.choices[0].message.content
check("hello there" in answer, "the plain answer quotes the message: " + repr(answer))
check(plain.object == "chat.completion" and plain.model, "object and model are set")
check(plain.choices[0].finish_reason == "stop", "it stopped by itself")
check(plain.usage.total_tokens == plain.usage.prompt_tokens + plain.usage.completion_tokens, "usage adds up")
check(plain.usage.completion_tokens > 0, "usage is counted")

# The same as a stream: the joined text is exactly the answer.
chunks = list(ask("hello there", stream=True, stream_options={"include_usage": True}))
with_choice = [chunk for chunk in chunks if chunk.choices]
text = "".join(chunk.choices[0].delta.content or "" for chunk in with_choice)
check("hello there" in text and "data-operation" not in text, "the streamed text is the answer: " + repr(text))
check(sum(1 for chunk in with_choice if chunk.choices[0].delta.role) == 1, "exactly one role chunk")
check([c.choices[0].finish_reason for c in with_choice if c.choices[0].finish_reason] == ["stop"], "one stop chunk")
check(all(chunk.model for chunk in chunks), "every chunk names the model")
check(len({chunk.id for chunk in chunks}) == 1, "all chunks have one id")
check(chunks[-1].usage is not None and not chunks[-1].choices, "the last chunk is the usage")
check(all(chunk.usage is None for chunk in chunks[:-1]), "no other chunk has usage")

# Without include_usage there is none.
check(all(chunk.usage is None for chunk in ask("hi", stream=True)), "no usage chunk unless asked for")

# A conversation goes on, by the id that the answer's header gives.
raw = client.chat.completions.with_raw_response.create(
    model="agent", messages=[{"role": "user", "content": "first message"}]
)
conversation = raw.headers["x-conversation-id"]
check(len(conversation) == 21, "the header names the conversation")
second = ask("second message", extra_body={"conversationId": conversation})
check("second message" in second.choices[0].message.content, "the conversation goes on")

# Parts: text and a picture.
parts = [
    {"type": "text", "text": "what is this"},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
]
picture = client.chat.completions.create(model="agent", messages=[{"role": "user", "content": parts}])
check("what is this" in picture.choices[0].message.content, "a message with a picture is answered")

# Refusals arrive as the client's own errors, with the words of the server.
try:
    client.chat.completions.create(
        model="agent", messages=[{"role": "user", "content": "hi"}], extra_headers={"x-inkeep-agent-id": "nobody"}
    )
    check(False, "an unknown agent is refused")
except openai.NotFoundError as error:
    check("Agent not found" in str(error), "the refusal says what: " + str(error))
try:
    client.chat.completions.create(model="agent", messages=[])
    check(False, "no message is refused")
except openai.BadRequestError as error:
    check("messages" in str(error), "the refusal names the field: " + str(error))

print(f"{checked} checks passed")
