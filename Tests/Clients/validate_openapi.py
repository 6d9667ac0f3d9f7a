"""Whether a file is a document of OpenAPI 3.1: validate_openapi.py FILE. Prints what is wrong and ends with 1."""

import json
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

with open(sys.argv[1], encoding="utf-8") as text:
    document = json.load(text)
errors = list(OpenAPIV31SpecValidator(document).iter_errors())
for error in errors:
    print("/".join(str(step) for step in error.absolute_path), error.message)
identifiers = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
doubled = {identifier for identifier in identifiers if identifiers.count(identifier) > 1}
for identifier in sorted(doubled):
    print(f"two operations are called {identifier}")
print(f"{len(identifiers)} operations, {len(document['components']['schemas'])} schemas, {len(errors)} errors")
sys.exit(1 if errors or doubled else 0)
