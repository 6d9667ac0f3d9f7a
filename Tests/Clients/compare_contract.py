"""Compares the document that a server serves with the contract, operation by operation and property by property.

    compare_contract.py SERVED CONTRACT OPERATIONS DIFFERENCES

SERVED and CONTRACT are OpenAPI documents, OPERATIONS is contract/operations.txt, DIFFERENCES contract/differences.txt.
Prints every gap and, last, `seed N/23, core N/124, shape gaps N`. Ends with 1 when there is a gap, when a line of
DIFFERENCES has nothing left to say, or when OPERATIONS is not what CONTRACT says.
"""

import itertools
import json
import re
import sys

from shapes import differences, resolve, shape

PROBLEM = "application/problem+json"


class Difference:
    """One line of differences.txt: `OPERATION PLACE KIND reason`, the first two with `*` for anything and `(a|b)`.

    KIND is a word. One that has a value says which: `word:VALUE`, `word>=NUMBER` or `word<=NUMBER`.
    """

    def __init__(self, line):
        self.line = line
        operation, place, self.kind, self.reason = line.split(None, 3)
        self.operation, self.place = pattern(operation), pattern(place)
        self.uses = 0
        self.unused = {"operation": set(alternatives(operation)), "place": set(alternatives(place))}

    def explains(self, operation, place, kind):
        found = self.operation.fullmatch(operation), self.place.fullmatch(place)
        if not all(found) or not self.covers(kind):
            return False
        for word, match in zip(self.unused, found):
            self.unused[word] -= {name for name in self.unused[word] if match[f"a{name[0]}"] is not None}
        self.uses += 1
        return True

    def idle(self):
        """What of the line explains nothing any more."""
        if self.uses == 0:
            return [self.line]
        return [f"({name}) in {self.line}" for unused in self.unused.values() for _, name in sorted(unused)]

    def covers(self, kind):
        for sign, holds in ((">=", float.__ge__), ("<=", float.__le__)):
            word, found, bound = self.kind.partition(sign)
            if found:
                name, _, value = kind.partition(":")
                return name == word and holds(float(value), float(bound))
        return kind == self.kind


def pattern(text):
    """The names that a word of differences.txt stands for; each of its alternatives is a group `a0`, `a1` …"""
    numbers = itertools.count()
    signs = {
        "*": lambda: ".*", "(": lambda: f"(?:(?P<a{next(numbers)}>", "|": lambda: f")|(?P<a{next(numbers)}>",
        ")": lambda: "))",
    }
    return re.compile("".join(signs.get(sign, lambda sign=sign: re.escape(sign))() for sign in text))


def alternatives(text):
    """The alternatives of a word of differences.txt, numbered."""
    return enumerate(one for group in re.findall(r"\((.*?)\)", text) for one in group.split("|"))


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
    theirs_by_name = set()
    for theirs in promised.get("parameters", []):
        theirs = resolve(theirs, contract)
        theirs_by_name.add((theirs["in"], theirs["name"].lower()))
        place = f"{theirs['in']}.{theirs['name']}"
        mine = ours.get((theirs["in"], theirs["name"].lower()))
        if mine is None:
            yield place, "missing", "promised"
            continue
        if bool(theirs.get("required")) != bool(mine.get("required")):
            yield place, "required", f"promised {theirs.get('required')}, served {mine.get('required')}"
        yield from differences(shape(theirs["schema"], contract), shape(mine["schema"], document), place, True)
    for key in sorted(set(ours) - theirs_by_name):
        if ours[key].get("required"):
            yield ".".join(key), "required", "not promised, served required"


def compare_bodies(promised, served, contract, document):
    theirs, ours = promised.get("requestBody"), served.get("requestBody")
    if theirs is None:
        if ours is not None and ours.get("required"):
            yield "request", "required", "no body is promised, served required"
        return
    if ours is None:
        yield "request", "missing", "a body is promised"
        return
    for media, content in theirs["content"].items():
        if media not in ours["content"]:
            yield "request", f"media:{','.join(ours['content'])}", f"promised {media}"
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
        for name in theirs.get("headers", {}):
            if name.lower() not in {"content-type"} | {one.lower() for one in ours.get("headers", {})}:
                yield f"{place}.{name}", "header", "promised"
        mine = ours.get("content", {})
        for media, content in theirs.get("content", {}).items():
            if media not in mine:
                yield place, f"media:{','.join(mine) or 'none'}", f"promised {media}"
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


def facts_of(operation):
    """What operations.txt keeps of an operation, but for tier, method and path."""
    def statuses(first):
        return ",".join(status for status in sorted(operation["responses"]) if status[0] in first) or "-"

    permission = operation.get("x-authz", {}).get("permission")
    return [operation.get("operationId") or "-", permission or "-", statuses("123"), statuses("45")]


def stale(contract, kept):
    """The lines of operations.txt that are not as the contract has them, and the operations that it lacks."""
    theirs = operations_of(contract)
    for words in kept:
        promised = theirs.pop((words[1], words[2]), None)
        if promised is None or facts_of(promised) != words[3:]:
            yield f"contract/operations.txt has what the contract does not say: {' '.join(words)}"
    for method, path in theirs:
        yield f"contract/operations.txt lacks {method} {path}"


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
            if not reasons:
                gaps.append(f"{name} {place} {kind}: {words}")
    return served_by_tier, total_by_tier, list(dict.fromkeys(gaps))


def main():
    served_file, contract_file, operations_file, differences_file = sys.argv[1:]
    with open(served_file, encoding="utf-8") as text:
        document = json.load(text)
    with open(contract_file, encoding="utf-8") as text:
        contract = json.load(text)
    kept = [line.split() for line in lines(operations_file)]
    outdated = list(stale(contract, kept))
    if outdated:
        print("\n".join(outdated))
        sys.exit(1)
    tiers = {(method, path): tier for tier, method, path, *_ in kept}
    allowed = [Difference(line) for line in lines(differences_file)]
    served, total, gaps = compare(document, contract, tiers, allowed)
    for gap in gaps:
        print(gap)
    idle = [line for one in allowed for line in one.idle()]
    for line in idle:
        print(f"contract/differences.txt has a line that explains nothing any more: {line}")
    print(", ".join(f"{tier} {served.get(tier, 0)}/{total.get(tier, 0)}" for tier in ("seed", "core"))
          + f", shape gaps {len(gaps)}")
    sys.exit(1 if gaps or idle else 0)


if __name__ == "__main__":
    main()
