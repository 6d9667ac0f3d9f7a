"""Shapes of JSON Schemas, and where two of them differ: used by compare_contract.py.

Two documents say the same thing in many ways: `$ref`, `allOf`, `nullable: true`, `type: [x, null]`, `anyOf` with null.
`Shape` is the one normal form; `differences` compares two of them for values that clients send or that they receive.
"""

# Deeper than any real body; bounds schemas that refer to themselves.
DEPTH_MAX = 12

LIMITS = ("minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems", "format")
ALL_TYPES = frozenset(["string", "number", "boolean", "object", "array"])


class Shape:
    """One schema in normal form. No `types` and no `variants` means any value."""

    def __init__(self):
        self.types = None  # A frozenset of JSON types, or None for any.
        self.nullable = False
        self.limits = {}
        self.enum = None
        self.properties = {}
        self.required = set()
        self.additional = None  # The schema of other members, or None when it says nothing of them.
        self.closed = False
        self.items = None
        self.variants = []  # Schemas of which one holds.
        self.document = None

    @property
    def is_any(self):
        return self.types is None and not self.variants and not self.properties and self.enum is None


def resolve(schema, document):
    """The schema behind references."""
    for _ in range(20):
        if "$ref" not in schema:
            return schema
        at = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            at = at[step]
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "description")}
        schema = {"allOf": [at, rest]} if rest else at
    raise ValueError(f"references go in circles: {schema}")


def says_only_nullable(schema):
    return set(schema) <= {"nullable", "description"} and schema.get("nullable") is True


def is_null(schema):
    return schema.get("type") == "null" or schema.get("enum") == [None]


def shape(schema, document):
    """The normal form of a schema of a document (OpenAPI 3.0 or 3.1)."""
    schema = resolve(schema, document)
    result = Shape()
    result.document = document
    read_plain(schema, result)
    parts = schema.get("allOf", [])
    for part in parts:
        if not says_only_nullable(part):
            merge(result, shape(part, document))
    for word in ("anyOf", "oneOf"):
        if word in schema:
            read_variants([resolve(one, document) for one in schema[word]], result)
    result.nullable = result.nullable or any(says_only_nullable(part) for part in parts)
    return result


def read_plain(schema, result):
    types = schema.get("type")
    if types is not None:
        types = set(types if isinstance(types, list) else [types])
        result.nullable = result.nullable or "null" in types
        result.types = frozenset(types - {"null"})
    if schema.get("nullable") is True:
        result.nullable = True
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        result.nullable = result.nullable or (None in values and result.types is None)
        result.enum = {value for value in values if value is not None}
        if result.types is None:
            result.types = frozenset(type_of(value) for value in result.enum)
    result.limits = {word: schema[word] for word in LIMITS if word in schema}
    result.properties = dict(schema.get("properties", {}))
    result.required = set(schema.get("required", []))
    additional = schema.get("additionalProperties")
    result.closed = additional is False
    if isinstance(additional, dict):
        result.additional = additional
    if isinstance(schema.get("items"), dict):
        result.items = schema["items"]


def type_of(value):
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "string", list: "array", dict: "object"}[type(value)]


def read_variants(variants, result):
    if all(set(one) <= {"required"} for one in variants):
        return  # Which members go together, which no list of members can say.
    rest = [one for one in variants if not is_null(one)]
    result.nullable = result.nullable or len(rest) < len(variants)
    # One variant that takes anything makes the whole take anything.
    if any(says_only_nullable(one) or one == {} for one in rest):
        result.types, result.variants, result.nullable = None, [], True
    elif len(rest) == 1:
        merge(result, shape(rest[0], result.document))
    else:
        result.variants = rest


def merge(into, other):
    """Lays another shape over one: both hold."""
    if not other.is_any:
        into.nullable = other.nullable if into.is_any else into.nullable and other.nullable
    if other.types is not None:
        into.types = other.types if into.types is None else into.types & other.types or other.types
    into.limits.update(other.limits)
    into.enum = other.enum if into.enum is None else into.enum
    for name, schema in other.properties.items():
        known = into.properties.get(name)
        into.properties[name] = schema if known is None else {"allOf": [known, schema]}
    into.required |= other.required
    into.additional = other.additional if into.additional is None else into.additional
    into.closed = into.closed or other.closed
    into.items = other.items if into.items is None else into.items
    into.variants = into.variants or other.variants


def differences(promised, served, place, sent, depth=0, may_lack=False):
    """Yields (place, kind, words) for each difference between two shapes.

    `sent` is whether clients send the value: then what is served must take what was promised, and refuse what was
    promised to be refused. Else clients receive it: then what is served may be narrower than what was promised, and
    may have more members. `may_lack` is whether the value is a member that a client may leave out.
    """
    if depth > DEPTH_MAX or (promised.is_any and not sent):
        return
    if promised.is_any or served.is_any:
        if promised.is_any != served.is_any:
            yield place, "any", f"promised {names(promised)}, served {names(served)}"
        return
    if promised.nullable and not served.nullable and sent:
        yield place, "null-refused", "null is promised and not taken"
    if served.nullable and not promised.nullable:
        kind = ("null-taken" if may_lack else "null-taken-required") if sent else "null-shown"
        yield place, kind, "null is not promised"
    if not sent and served.types == frozenset():
        return  # Null alone, which was looked at.
    if promised.variants or served.variants:
        yield from variant_differences(promised, served, place, sent, depth, may_lack)
        return
    yield from type_differences(promised, served, place, sent)
    yield from limit_differences(promised, served, place, sent)
    yield from member_differences(promised, served, place, sent, depth)
    for step, word in (("[]", "items"), ("{}", "additional")):
        ours, theirs = getattr(served, word), getattr(promised, word)
        if theirs is None:
            continue
        theirs = shape(theirs, promised.document)
        if ours is None:
            if not theirs.is_any:
                yield place + step, "missing", f"promised {names(theirs)}, served nothing said"
        else:
            yield from differences(theirs, shape(ours, served.document), place + step, sent, depth + 1)


def names(one):
    if one.is_any:
        return "any value"
    if one.variants:
        return "one of " + ", ".join(names(shape(variant, one.document)) for variant in one.variants)
    text = "|".join(sorted(ALL_TYPES if one.types is None else one.types)) or "nothing"
    return text + (" or null" if one.nullable else "")


def takes(types):
    types = ALL_TYPES if types is None else types
    return types | ({"integer"} if "number" in types else set())


def type_differences(promised, served, place, sent):
    theirs, ours = takes(promised.types), takes(served.types)
    if (theirs != ours) if sent else (not ours <= theirs):
        yield place, "type", f"promised {names(promised)}, served {names(served)}"
    if promised.enum is not None or served.enum is not None:
        theirs, ours = promised.enum, served.enum
        is_wider = theirs is not None and (ours is None or not ours <= theirs)
        is_narrower = ours is not None and (theirs is None or not theirs <= ours)
        if is_wider or (is_narrower and sent):
            yield place, "enum", f"promised {text_of(theirs)}, served {text_of(ours)}"


def text_of(values):
    return "any" if values is None else "|".join(sorted(str(value) for value in values))


def limit_differences(promised, served, place, sent):
    if not sent:
        return
    for word in LIMITS:
        theirs, ours = promised.limits.get(word), served.limits.get(word)
        if theirs != ours:
            # A bound that was not promised is known by its value, so that a narrower one is another difference.
            kind = f"{word}-added:{ours}" if theirs is None else word
            yield place, kind, f"promised {theirs}, served {ours}"


def member_differences(promised, served, place, sent, depth):
    for name, schema in promised.properties.items():
        at = f"{place}.{name}"
        if name not in served.properties:
            kind = "missing" if name in promised.required or sent else "never"
            yield at, kind, f"promised {names(shape(schema, promised.document))}"
            continue
        ours, theirs = name in served.required, name in promised.required
        if (ours != theirs) if sent else (theirs and not ours):
            kind = "optional" if sent and theirs else "required"
            yield at, kind, f"promised {word_for(theirs)}, served {word_for(ours)}"
        yield from differences(
            shape(schema, promised.document), shape(served.properties[name], served.document), at, sent, depth + 1,
            may_lack=not theirs)
    if sent:
        for name in served.required - set(promised.properties):
            yield f"{place}.{name}", "required", "not promised, served required"


def word_for(required):
    return "required" if required else "optional"


def weight(found):
    """How far two variants are from each other: types say most, then members, then bounds; what lies deep says less."""
    weights = {"type": 1e6, "any": 1e6, "enum": 1e5, "missing": 1e5}
    return sum(
        weights.get(kind, 1 if "-" in kind else 100) / 8 ** (place.count(".") + place.count("["))
        for place, kind, _ in found)


def variant_differences(promised, served, place, sent, depth, may_lack):
    """Each variant against the one of the other side that is nearest to it."""
    theirs = [shape(one, promised.document) for one in promised.variants] or [promised]
    ours = [shape(one, served.document) for one in served.variants] or [served]
    pairs = []
    # What is sent: every promised variant must be taken. What is received: every served one must be promised.
    for one in theirs if sent else ours:
        found = [
            list(differences(one, other, place, sent, depth + 1, may_lack) if sent
                 else differences(other, one, place, sent, depth + 1))
            for other in (ours if sent else theirs)
        ]
        pairs.append(min(found, key=weight))
    for found in pairs:
        yield from found
