"""Compares the document that a server serves with the contract, operation by operation and property by property.

    compare_contract.py SERVED CONTRACT OPERATIONS DIFFERENCES

SERVED and CONTRACT are OpenAPI documents, OPERATIONS is contract/operations.txt, DIFFERENCES contract/differences.txt.
Prints every gap and, last, `seed N/23, core N/124, shape gaps N`. Ends with 1 when there is a gap, or when a line of
DIFFERENCES has nothing left to say.
"""

import fnmatch
import json
import sys

from shapes import differences, resolve, shape

PROBLEM = "application/problem+json"


class Difference:
    """One line of differences.txt: `OPERATION PLACE KIND reason`, the first three with `*` for anything."""

    def __init__(self, line):
        self.line = line
        self.operation, self.place, self.kind, self.reason = line.split(None, 3)
        self.uses = 0

    def explains(self, operation, place, kind):
        return (fnmatch.fnmatchcase(operation, self.operation) and fnmatch.fnmatchcase(place, literal(self.place))
                and fnmatch.fnmatchcase(kind, self.kind))


def literal(pattern):
    """The pattern with brackets taken as they are: places have `[]` for the elements of lists."""
    return pattern.replace("[", "[[]")


def lines(file):
    with open(file, encoding="utf-8") as text:
        return [line.strip() for line in text if line.strip() and not line.startswith("#")]


def name_of(operation, method, path):
    return operation.get("operationId") or method.upper() + path


def compare_operation(promised, served, contract, document):
    """Yields (place, kind, words) for each difference between two operations."""
    if "operationId" in promised and promised["operationId"] != served.get("operationId"):
        yield "id", "id", f"promised {promised['operationId']}, served {served.get('operationId')}"
    if set(promised.get("tags", [])) - set(served.get("tags", [])):
        yield "tags", "tags", f"promised {promised.get('tags')}, served {served.get('tags')}"
    if promised.get("summary") != served.get("summary"):
        yield "summary", "summary", f"promised {promised.get('summary')!r}, served {served.get('summary')!r}"
    if promised.get("x-authz", {}) != served.get("x-authz", {}):
        yield "authz", "authz", f"promised {promised.get('x-authz')}, served {served.get('x-authz')}"
    yield from compare_parameters(promised, served, contract, document)
    yield from compare_bodies(promised, served, contract, document)
    yield from compare_answers(promised, served, contract, document)


def compare_parameters(promised, served, contract, document):
    ours = {}
    for one in served.get("parameters", []):
        one = resolve(one, document)
        ours[one["in"], one["name"].lower()] = one
    for theirs in promised.get("parameters", []):
        theirs = resolve(theirs, contract)
        place = f"{theirs['in']}.{theirs['name']}"
        mine = ours.get((theirs["in"], theirs["name"].lower()))
        if mine is None:
            yield place, "missing", "promised"
            continue
        if bool(theirs.get("required")) != bool(mine.get("required")):
            yield place, "required", f"promised {theirs.get('required')}, served {mine.get('required')}"
        yield from differences(shape(theirs["schema"], contract), shape(mine["schema"], document), place, True)


def compare_bodies(promised, served, contract, document):
    theirs, ours = promised.get("requestBody"), served.get("requestBody")
    if theirs is None:
        return
    if ours is None:
        yield "request", "missing", "a body is promised"
        return
    for media, content in theirs["content"].items():
        if media not in ours["content"]:
            yield "request", "media", f"promised {media}, served {', '.join(ours['content'])}"
        elif "schema" in content:
            mine = ours["content"][media]["schema"]
            yield from differences(shape(content["schema"], contract), shape(mine, document), "request", True)


def without_dry_run(schema):
    """The schema of an answer without the form that it has only for `?dryRun=true`, which the contract does not know."""
    forms = [form for form in schema.get("anyOf", []) if form != {"$ref": "#/components/schemas/DryRunReport"}]
    return forms[0] if len(forms) == 1 else schema


def compare_answers(promised, served, contract, document):
    for status, theirs in promised["responses"].items():
        place = f"response.{status}"
        ours = served["responses"].get(status)
        if ours is None:
            yield place, "missing", "promised"
            continue
        mine = ours.get("content", {})
        for media, content in theirs.get("content", {}).items():
            if media not in mine:
                yield place, "media", f"promised {media}, served {', '.join(mine) or 'no body'}"
            elif "schema" in content:
                schema = without_dry_run(mine[media].get("schema", {}))
                yield from differences(shape(content["schema"], contract), shape(schema, document), place, False)
    for status, answer in served["responses"].items():
        is_dry_run = answer.get("description", "").startswith("With `dryRun=true`")
        if status.startswith("2") and status not in promised["responses"] and not is_dry_run:
            yield f"response.{status}", "success", "not promised"


def operations_of(document):
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items() for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    }


def compare(document, contract, tiers, allowed):
    """The gaps by operation, as printable lines; and how many operations of each tier are served."""
    theirs, ours = operations_of(contract), operations_of(document)
    served_by_tier, total_by_tier, gaps = {}, {}, []
    for key, tier in tiers.items():
        total_by_tier[tier] = total_by_tier.get(tier, 0) + 1
        if key not in ours:
            continue
        # The seeds have Update Agent as PUT: it counts only when it is both.
        if ours[key].get("operationId") != "update-agent" or "PUT" in ours[key].get("x-aliases", []):
            served_by_tier[tier] = served_by_tier.get(tier, 0) + 1
        name = name_of(theirs[key], *key)
        for place, kind, words in compare_operation(theirs[key], ours[key], contract, document):
            reasons = [one for one in allowed if one.explains(name, place, kind)]
            for one in reasons:
                one.uses += 1
            if not reasons:
                gaps.append(f"{name} {place} {kind}: {words}")
    return served_by_tier, total_by_tier, list(dict.fromkeys(gaps))


def main():
    served_file, contract_file, operations_file, differences_file = sys.argv[1:]
    with open(served_file, encoding="utf-8") as text:
        document = json.load(text)
    with open(contract_file, encoding="utf-8") as text:
        contract = json.load(text)
    tiers = {}
    for line in lines(operations_file):
        tier, method, path = line.split()[:3]
        tiers[method, path] = tier
    allowed = [Difference(line) for line in lines(differences_file)]
    served, total, gaps = compare(document, contract, tiers, allowed)
    for gap in gaps:
        print(gap)
    idle = [one.line for one in allowed if one.uses == 0]
    for line in idle:
        print(f"contract/differences.txt has a line that explains nothing any more: {line}")
    print(", ".join(f"{tier} {served.get(tier, 0)}/{total.get(tier, 0)}" for tier in ("seed", "core"))
          + f", shape gaps {len(gaps)}")
    sys.exit(1 if gaps or idle else 0)


if __name__ == "__main__":
    main()
