"""Asana's OpenAPI description as JSON Schemas, and what an answer has that it does not know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

Schema = dict[str, Any]
NAMED = "#/components/schemas/"


class Description:
    """`full_records`: wherever a compact record is described, the full one counts, as `opt_fields` gives it."""

    def __init__(self, path: Path, *, full_records: bool = False) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.spec: Schema = yaml.load(path.read_text(), Loader=loader)
        named: dict[str, Schema] = self.spec["components"]["schemas"]
        if full_records:
            for name, schema in named.items():
                self._widen(schema, of=name)
            self._widen(self.spec["paths"], of="")
        self._json_schemas = {name: self._as_json_schema(schema) for name, schema in named.items()}

    def _widen(self, schema: Any, of: str) -> None:
        """A record's own compact part stays what it is made of."""
        if isinstance(schema, list):
            for part in schema:
                self._widen(part, of)
        elif isinstance(schema, dict):
            kind = str(schema.get("$ref", "")).removeprefix(NAMED).removesuffix("Compact")
            if f"{kind}Response" in self.spec["components"]["schemas"] and not of.startswith(kind):
                schema["$ref"] = f"{NAMED}{kind}Response"
            for part in schema.values():
                self._widen(part, of)

    def operation(self, method: str, template: str) -> Schema | None:
        """The template's parameters may be named otherwise."""
        wanted = [part.startswith("{") or part for part in template.split("/")]
        for path, item in self.spec["paths"].items():
            if [part.startswith("{") or part for part in path.split("/")] == wanted and method in item:
                return item[method]
        return None

    def opt_fields(self, method: str, template: str) -> list[str]:
        operation = self.operation(method, template) or {}
        for parameter in operation.get("parameters", ()):
            parameter = self._resolved(parameter)
            if parameter["name"] == "opt_fields":
                return list(parameter["schema"]["items"]["enum"])
        return []

    def answer_schema(self, method: str, template: str, status: int) -> Schema:
        """Asana's error schema where the description lists no such status."""
        operation = self.operation(method, template)
        assert operation is not None, f"{method} {template} is not in Asana's description"
        response = operation["responses"].get(status)
        if response is None:
            assert status >= 400, f"{method} {template} does not answer {status}"
            return {"$ref": f"{NAMED}ErrorResponse"}
        return self._resolved(response)["content"]["application/json"]["schema"]

    def faults(self, schema: Schema, value: Any) -> list[str]:
        """What is wrong with a value, and what it has that the schema does not know."""
        validator = jsonschema.Draft202012Validator(
            {**self._as_json_schema(schema), "components": {"schemas": self._json_schemas}},
            format_checker=jsonschema.FormatChecker(),
        )
        wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        return wrong + [f"{path}: not in Asana's description" for path in self._unknown(schema, value, "$")]

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            found: Any = self.spec
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _as_json_schema(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            return {"$ref": schema["$ref"]}
        plain = {k: v for k, v in schema.items() if k in ("type", "format", "enum", "required", "pattern")}
        for several in ("allOf", "anyOf", "oneOf"):
            if several in schema:
                plain[several] = [self._as_json_schema(part) for part in schema[several]]
        if "properties" in schema:
            plain["properties"] = {k: self._as_json_schema(v) for k, v in schema["properties"].items()}
        if "items" in schema:
            plain["items"] = self._as_json_schema(schema["items"])
        # Asana writes `nullable` beside allOf or within it.
        is_nullable = schema.get("nullable") or any(part.get("nullable") for part in schema.get("allOf", ()))
        return {"anyOf": [plain, {"type": "null"}]} if is_nullable else plain

    def _unknown(self, schema: Schema, value: Any, path: str) -> Iterator[str]:
        if isinstance(value, list):
            items = self._resolved(schema).get("items", {})
            for number, item in enumerate(value):
                yield from self._unknown(items, item, f"{path}[{number}]")
        elif isinstance(value, dict):
            known, is_open = self._properties(schema)
            is_open |= not known and "type" not in self._resolved(schema)  # described by an example alone
            for name, item in value.items():
                if name in known:
                    yield from self._unknown(known[name], item, f"{path}.{name}")
                elif not is_open:
                    yield f"{path}.{name}"

    def _properties(self, schema: Schema) -> tuple[dict[str, Schema], bool]:
        schema = self._resolved(schema)
        known: dict[str, Schema] = dict(schema.get("properties", {}))
        is_open = bool(schema.get("additionalProperties"))
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            below, open_below = self._properties(part)
            known |= below
            is_open |= open_below
        return known, is_open
