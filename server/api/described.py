"""What the rules of the routes add to the OpenAPI document: who may call, with which scope and headers."""

from typing import Any

from apispec import BasePlugin
from flask import Flask

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
