"""Java records of the benchmark's kinds, made from the JSON Schemas that the product publishes.

So that Kafka Streams validates what the router validates, field by field: types, required fields, bounds, patterns,
closed lists, units of a quantity. What no schema says (check digits of CAS numbers, order of times) it is spared.
A schema that says something this program cannot put into Java stops the build.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from tests.bench.setting import KINDS

SCHEMAS: Final = Path(__file__).parents[2] / "schemas" / "json"
KNOWN: Final = {"required", "properties", "additionalProperties", "type", "anyOf", "allOf"}
SPOKEN: Final = {"description", "title", "default", "examples", "x-unit", "$defs", "$id", "$schema"}
LOOPS: Final = {
    r"^[^\x00-\x1f\x7f]+$": "line",
    r"^[^\x00-\x08\x0b-\x1f\x7f]+$": "prose",
    "^[A-Za-z0-9._:/#-]+$": "identifier",
}
"""Patterns for which `Checks` has a loop, several times as fast as a matcher."""
ASKED: Final = ("kind", "body", "situation", "where", "severity", "status", "observed", "reported")
"""Fields that `Routing` asks of any kind."""


class Model:
    """The Java source while it is made."""

    def __init__(self) -> None:
        self.constants: dict[str, str] = {}
        """Declaration to name."""
        self.records: dict[str, str] = {}

    def constant(self, declaration: str) -> str:
        """Return the name of a pattern or set, declared once."""
        return self.constants.setdefault(declaration, f"C{len(self.constants)}")

    def one_of(self, values: list[str]) -> str:
        """Return the name of a closed list."""
        return self.constant(f"Set<String> %s = Set.of({', '.join(map(json.dumps, values))})")

    def add(self, name: str, schema: dict[str, Any], definitions: dict[str, Any], implements: str = "") -> None:
        """Add a record, and those that it refers to."""
        if name in self.records:
            return
        self.records[name] = ""
        if unknown := schema.keys() - KNOWN - SPOKEN:
            raise ValueError(f"{name}: {unknown}")
        assert schema["additionalProperties"] is False, name
        required = set(schema.get("required", ()))
        fields, checks = [], []
        for field, said in schema["properties"].items():
            shape = _not_null(said)
            fields.append(f'@JsonProperty("{field}") {self.type_of(shape, definitions)} {_java(field)}')
            held = self.checks(shape, _java(field), f"{name}.{field}")
            if field in required:
                checks.append(f'ok({_java(field)} != null, "{name}.{field}"); {held}')
            elif held:
                checks.append(f"if ({_java(field)} != null) {{ {held} }}")
        if groups := schema.get("anyOf"):
            any_of = " || ".join(f"{_java(group['required'][0])} != null" for group in groups)
            checks.append(f'ok({any_of}, "{name}");')
        if rules := schema.get("allOf"):
            checks.append(f"Checks.unit({self.scales(rules)}, quantity, unit, value);")
        body = "\n      ".join(checks)
        head = f"  public record {name}({', '.join(fields)}){implements} {{\n"
        self.records[name] = f"{head}    public void check() {{\n      {body}\n    }}\n  }}\n"

    def type_of(self, shape: dict[str, Any], definitions: dict[str, Any]) -> str:
        """Return the Java type; records that it names are added."""
        if "$ref" in shape:
            name = shape["$ref"].rsplit("/", 1)[1]
            self.add(name, definitions[name], definitions)
            return name
        match shape["type"]:
            case "string":
                return {"date-time": "OffsetDateTime", "date": "LocalDate"}.get(shape.get("format", ""), "String")
            case "array":
                return f"List<{self.type_of(shape['items'], definitions)}>"
            case "object":
                return f"Map<String, {self.type_of(shape['additionalProperties'], definitions)}>"
            case simple:
                return {"integer": "Integer", "number": "Double", "boolean": "Boolean"}[simple]

    def checks(self, shape: dict[str, Any], value: str, what: str) -> str:  # noqa: PLR0911 - one a shape
        """Return the statements that check a value that is there."""
        said = json.dumps(what)
        if "$ref" in shape:
            return f"{value}.check();"
        if "const" in shape or "enum" in shape:
            return f"ok({self.one_of(shape.get('enum') or [shape['const']])}.contains({value}), {said});"
        match shape["type"]:
            case "string":
                return self._text(shape, value, said)
            case "integer" | "number":
                return _number(shape, value, said)
            case "array":
                inner = self.checks(shape["items"], "one", what)
                bounds = f"{value}.size() >= {shape.get('minItems', 0)} && {value}.size() <= {shape['maxItems']}"
                return f"ok({bounds}, {said}); for (var one : {value}) {{ ok(one != null, {said}); {inner} }}"
            case "object":
                names = self.one_of(shape["propertyNames"]["enum"])
                inner = self.checks(shape["additionalProperties"], "one.getValue()", what)
                bounds = f"ok({value}.size() >= {shape.get('minProperties', 0)}, {said});"
                each = f"ok({names}.contains(one.getKey()) && one.getValue() != null, {said});"
                return f"{bounds} for (var one : {value}.entrySet()) {{ {each} {inner} }}"
        return ""

    def _text(self, shape: dict[str, Any], value: str, said: str) -> str:
        if shape.get("format") == "date-time":
            return f"Checks.year({value}, {said});"
        if shape.get("format") == "date":
            return ""
        checks = []
        if "maxLength" in shape:
            checks.append(f"Checks.length({value}, {shape.get('minLength', 0)}, {shape['maxLength']}, {said});")
        if pattern := shape.get("pattern"):
            matcher = f"Pattern %s = Pattern.compile({json.dumps(pattern)})"
            checks.append(
                f"Checks.{LOOPS[pattern]}({value}, {said});"
                if pattern in LOOPS
                else f"ok({self.constant(matcher)}.matcher({value}).matches(), {said});"
            )
        return " ".join(checks)

    def scales(self, rules: list[dict[str, Any]]) -> str:
        """Return the name of the units that go with each quantity."""
        entries = []
        for rule in rules:
            then = rule["then"]["properties"]
            units = ", ".join(map(json.dumps, then["unit"]["enum"]))
            signed = "false" if "value" in then else "true"
            quantity = json.dumps(rule["if"]["properties"]["quantity"]["const"])
            entries.append(f"Map.entry({quantity}, new Checks.Scale(Set.of({units}), {signed}))")
        return self.constant(f"Map<String, Checks.Scale> %s = Map.ofEntries({', '.join(entries)})")


def java_model() -> str:
    """Return the source of `Model.java`."""
    model = Model()
    schemas = {kind: json.loads((SCHEMAS / f"{kind}.v1.json").read_text(encoding="utf-8")) for kind in KINDS}
    for schema in schemas.values():
        model.add(schema["title"], schema, schema["$defs"], " implements Incident")
    kinds = ", ".join(
        f'@JsonSubTypes.Type(value = {schema["title"]}.class, name = "{kind}")' for kind, schema in schemas.items()
    )
    common = schemas[KINDS[0]]
    asked = " ".join(
        f"{model.type_of(_not_null(common['properties'][name]), common['$defs'])} {_java(name)}();" for name in ASKED
    )
    constants = "".join(
        f"  static final {declared.replace('%s', name, 1)};\n" for declared, name in model.constants.items()
    )
    return (
        "package kg.cbrn.bench;\n\n// Made by tests/bench/java_model.py from schemas/json.\n"
        "import static kg.cbrn.bench.Checks.ok;\n\nimport com.fasterxml.jackson.annotation.*;\nimport java.time.*;\n"
        "import java.util.*;\nimport java.util.regex.Pattern;\n\npublic final class Model {\n"
        f"{constants}\n"
        "  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, include = JsonTypeInfo.As.EXISTING_PROPERTY, "
        'property = "kind", visible = true)\n'
        f"  @JsonSubTypes({{{kinds}}})\n"
        f"  public interface Incident {{\n    void check(); {asked}\n  }}\n\n"
        f"{''.join(model.records.values())}}}\n"
    )


def _not_null(said: dict[str, Any]) -> dict[str, Any]:
    choices = [each for each in said.get("anyOf", [said]) if each.get("type") != "null"]
    assert len(choices) == 1, said
    return choices[0]


def _java(field: str) -> str:
    return re.sub(r"_([A-Za-z0-9])", lambda found: found[1].upper(), field)


def _number(shape: dict[str, Any], value: str, said: str) -> str:
    least, most = shape.get("minimum"), shape.get("maximum")
    finite = shape["type"] == "number"
    low = "-Double.MAX_VALUE" if least is None else float(least)
    high = "Double.MAX_VALUE" if most is None else float(most)
    checks = (
        [] if least is None and most is None and not finite else [f"Checks.within({value}, {low}, {high}, {said});"]
    )
    if "exclusiveMinimum" in shape:
        checks.append(f"ok({value} > {float(shape['exclusiveMinimum'])}, {said});")
    return " ".join(checks)
