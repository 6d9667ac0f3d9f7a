"""Runs schemathesis against a server: no 5xx, no answer that its own document does not describe, no broken input taken.

    fuzz.py ADDRESS MANAGE_SECRET RUN_SECRET PHASES EXAMPLES

PHASES are those of schemathesis, EXAMPLES the requests by operation. Makes a project with one of each kind first, so
that requests find something. Deterministic: the seed is fixed. Prints what schemathesis prints, and ends as it ends.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

SEED = 20261122
# Which valid data are refused is the business of rules that no schema can say.
UNWANTED_CHECKS = ["positive_data_acceptance", "object_level_authorization"]
TENANT = "/manage/tenants/default"
PROJECT = TENANT + "/projects/fuzz"
AGENT = PROJECT + "/agents/agent"
PROPS = {
    "type": "object", "properties": {"n": {"type": "string", "description": "A number."}}, "required": ["n"],
}

# What requests find. The deletable things beside these are made by the fuzzer itself.
FIXTURE = [
    (TENANT + "/projects", {"id": "fuzz", "name": "Fuzz", "models": {"base": {"model": "mock/m"}}}),
    (PROJECT + "/credentials",
     {"id": "credential", "name": "C", "type": "memory", "credentialStoreId": "memory-default"}),
    (PROJECT + "/functions", {"id": "function", "executeCode": "() => 1"}),
    (PROJECT + "/data-components", {"id": "data", "name": "D", "props": PROPS}),
    (PROJECT + "/artifact-components", {"id": "artifact", "name": "A", "props": PROPS}),
    (PROJECT + "/external-agents", {"id": "external", "name": "E", "baseUrl": "https://crm.example.com/a2a"}),
    (PROJECT + "/tools",
     {"id": "tool", "name": "T", "config": {"type": "mcp", "mcp": {"server": {"url": "http://127.0.0.1:9/mcp"}}}}),
    (PROJECT + "/agents", {"id": "agent", "name": "Agent", "defaultSubAgentId": "sub"}),
    (PROJECT + "/agents", {"id": "other", "name": "Other"}),
    (AGENT + "/sub-agents", {"id": "sub", "name": "Sub", "prompt": "Answer."}),
    (AGENT + "/sub-agents", {"id": "second", "name": "Second"}),
    (AGENT + "/function-tools", {"id": "function-tool", "name": "F", "functionId": "function"}),
    (AGENT + "/sub-agent-data-components", {"subAgentId": "sub", "dataComponentId": "data"}),
    (AGENT + "/sub-agent-artifact-components", {"subAgentId": "sub", "artifactComponentId": "artifact"}),
]

# Where path parameters point, so that most requests get past the 404s. Odd ids are for the generated tests.
PARAMETERS = {
    "tenantId": "default", "projectId": "fuzz", "agentId": "agent", "subAgentId": "sub", "dataComponentId": "data",
    "artifactComponentId": "artifact", "toolId": "tool", "functionToolId": "function-tool",
    "x-inkeep-tenant-id": "default", "x-inkeep-project-id": "fuzz", "x-inkeep-agent-id": "agent",
    # Conditions that hold, so that writes are made.
    "If-Match": "*", "If-None-Match": '\\"no-such-state\\"', "ref": "main", "x-inkeep-ref": "main", "dryRun": "false",
}
ALIAS = "-as-"


def document_of(address):
    """The served document, with the further methods of operations as operations of their own."""
    with urllib.request.urlopen(address + "/openapi.json", timeout=30) as answer:
        document = json.load(answer)
    for item in document["paths"].values():
        for operation in list(item.values()):
            for method in operation.get("x-aliases", []):
                name = operation["operationId"] + ALIAS + method.lower()
                item[method.lower()] = {**operation, "operationId": name}
    return document


def post(address, secret, path, body):
    request = urllib.request.Request(
        address + path, data=json.dumps(body).encode(), method="POST",
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {secret}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def configuration(manage_secret, run_secret):
    """The settings of schemathesis (TOML)."""
    parameters = "\n".join(f'"{name}" = "{value}"' for name, value in PARAMETERS.items())
    # Not on the command line, which would win over what is said of single operations.
    unwanted = "\n".join(f"[checks.{name}]\nenabled = false" for name in UNWANTED_CHECKS)
    return f"""
seed = {SEED}
workers = 1
request-timeout = 20.0

[headers]
Authorization = "Bearer {manage_secret}"

[parameters]
{parameters}

[generation]
deterministic = true
database = "none"

{unwanted}

# A condition may fail before the body is looked into.
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "501"]

# What would fire something says that it cannot yet.
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "501"]

# The name of a path may also be the id that another path has in its place, whose methods Allow names too.
[[operations]]
include-path-regex = "(upcoming-runs|branches/merge)$"
checks.allow_header_conformance.enabled = false

# It answers in JSON-RPC before anybody else; its own tests hold its words.
[[operations]]
include-path-regex = "^/run/v1/mcp$"
checks.content_type_conformance.enabled = false

# Of an event stream the document describes the whole, not each event.
[[operations]]
include-path-regex = "^/run/api/executions$"
checks.response_schema_conformance.enabled = false

# The project and the agent that all requests are about must stay.
[[operations]]
include-operation-id = ["delete-project", "delete-full-project", "update-full-project"]
enabled = false

# They are in the document so that they are known to be there.
[[operations]]
include-operation-id-regex = ".*{ALIAS}.*"
enabled = false

[[operations]]
include-path-regex = "^/run/"
headers = {{ Authorization = "Bearer {run_secret}" }}
"""


def main():
    address, manage_secret, run_secret, phases, examples = sys.argv[1:]
    for path, body in FIXTURE:
        post(address, manage_secret, path, body)
    runner = pathlib.Path(sys.executable).parent / "st"
    with tempfile.TemporaryDirectory() as folder:
        settings = pathlib.Path(folder) / "schemathesis.toml"
        settings.write_text(configuration(manage_secret, run_secret), encoding="utf-8")
        document = pathlib.Path(folder) / "openapi.json"
        document.write_text(json.dumps(document_of(address)), encoding="utf-8")
        result = subprocess.run(
            [runner, "--config-file", settings, "run", document, "--url", address,
             "--phases", phases, "--max-examples", examples, "--continue-on-failure",
             "--no-shrink", "--no-color", "--warnings", "off", "--suppress-health-check", "all"],
            cwd=folder, check=False, timeout=600)
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
