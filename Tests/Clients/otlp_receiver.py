"""A collector of traces on a free port of loopback, which takes OTLP/HTTP in JSON and parses it by the official
protocol buffers, strictly: a member that they do not know is a 400. Prints its port, and ends with its standard input.

POST /v1/traces     takes spans
POST /refuse/N      the next N posts of spans are answered 503 with Retry-After: 0
GET  /spans/N       waits until N spans have come, or a post was wrong, and answers {"spans": […], "wrong": […]}
"""

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

changed = threading.Condition()
spans, wrong, headers = [], [], []
refusals = 0


def with_base64_ids(value):
    """Ids are hexadecimal in OTLP's JSON and base64 in that of protocol buffers."""
    if isinstance(value, list):
        return [with_base64_ids(each) for each in value]
    if not isinstance(value, dict):
        return value
    lengths = {"traceId": 32, "spanId": 16, "parentSpanId": 16}
    converted = {}
    for name, each in value.items():
        if name in lengths:
            assert len(each) == lengths[name] and each == each.lower(), f"{name} is {each}"
            converted[name] = base64.b64encode(bytes.fromhex(each)).decode()
        else:
            converted[name] = with_base64_ids(each)
    return converted


def plain(value):
    """A value of an attribute as JSON has it."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


def taken(body):
    request = json_format.Parse(json.dumps(with_base64_ids(json.loads(body))), ExportTraceServiceRequest())
    for resource in request.resource_spans:
        service = {each.key: plain(each.value) for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                assert span.end_time_unix_nano >= span.start_time_unix_nano > 0
                yield {
                    "traceId": span.trace_id.hex(),
                    "spanId": span.span_id.hex(),
                    "parentSpanId": span.parent_span_id.hex(),
                    "name": span.name,
                    "kind": span.kind,
                    "status": span.status.code,
                    "attributes": {each.key: plain(each.value) for each in span.attributes},
                    "service": service,
                }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, **more):
        body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        global refusals
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        with changed:
            if self.path.startswith("/refuse/"):
                refusals = int(self.path.split("/")[2])
                return self.answer(200, {})
            if refusals > 0:
                refusals -= 1
                return self.answer(503, {}, retry_after="0")
            try:
                assert self.path == "/v1/traces", self.path
                assert self.headers["content-type"] == "application/json"
                spans.extend(taken(body))
                headers.append(dict(self.headers))
            except Exception as error:
                wrong.append(f"{type(error).__name__}: {error}")
                self.answer(400, {})
            else:
                self.answer(200, {"partialSuccess": {}})
            changed.notify_all()

    def do_GET(self):
        count = int(self.path.split("/")[2])
        with changed:
            changed.wait_for(lambda: len(spans) >= count or wrong, timeout=60)
            self.answer(200, {"spans": spans, "wrong": wrong, "headers": headers})

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
