"""What our rules add to the OpenAPI document: callers, scopes and headers of routes, shapes of fields."""

from typing import Any

from apispec import BasePlugin
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from marshmallow.fields import Field

from server.api.gate import Rule

KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Made once for each act; the same call with the same key is done once and answered alike.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{16,255}$", "minLength": 16, "maxLength": 255},
}
NONCE: dict[str, Any] = {
    "in": "header",
    "name": "Keydesk-Nonce",
    "description": "16 random bytes in base64url; the signature of the answer (Keydesk-Signature) covers it.",
    "required": False,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"},
}


class Converter(OpenAPIConverter):
    """From our schemas to those of the document."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """What is sent to us must fit exactly; what we answer grows, and a client passes over what is new."""
        described: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]  # apispec's
        if type(schema).__name__.endswith("View"):
            described.pop("additionalProperties", None)
        return described

    def field2pattern(self, field: Field[Any], **more: Any) -> dict[str, Any]:
        """JSON Schema reads patterns as ECMA-262 does and searches for them; it knows no `\\Z`."""
        found: dict[str, Any] = super().field2pattern(field, **more)
        if "pattern" in found:
            found["pattern"] = f"^{found['pattern'].removesuffix(chr(92) + 'Z')}$"
        return found


class SchemasPlugin(MarshmallowPlugin):
    """Names the schemas as the library does."""

    Converter = Converter


class RulesPlugin(BasePlugin):
    """Reads the same rules that the gate enforces, so that the document cannot say something else."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **more: Any
    ) -> None:
        view = self.app.view_functions[more["rule"].endpoint]
        asked: Rule | None = getattr(view, "keydesk_rule", None)
        for operation in (operations or {}).values():
            if asked is not None:
                operation["security"] = [_credential(asked, caller) for caller in asked.callers]
                operation.setdefault("parameters", []).extend(_headers(asked))


def _credential(asked: Rule, caller: str) -> dict[str, list[str]]:
    """OpenAPI 3.1 names the roles of a credential here: for API keys they are the scopes."""
    return {caller: [asked.scope] if asked.scope and caller == "vendor" else []}


def _headers(asked: Rule) -> list[dict[str, Any]]:
    found = []
    if asked.once:
        found.append({**KEY, "required": asked.once == "required"})
    if asked.signed:
        found.append(NONCE)
    return found
