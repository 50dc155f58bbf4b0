"""A page of the OpenAPI document for people: every call with its caller, fields and answers."""

from typing import Any

from flask import Response, make_response, render_template

CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def show_page(spec: dict[str, Any]) -> Response:
    """The document as one readable page, without a script."""
    response = make_response(render_template("api/page.html", spec=spec, calls=list(_calls(spec))))
    response.headers["Content-Security-Policy"] = CSP
    return response


def _calls(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": call.get("summary", ""),
            "description": call.get("description", ""),
            "callers": [name for entry in call.get("security", []) for name in entry],
            "fields": _fields(spec, call),
            "answers": sorted(call.get("responses", {})),
        }
        for path, methods in spec.get("paths", {}).items()
        for method, call in methods.items()
        if isinstance(call, dict) and "responses" in call
    ]


def _fields(spec: dict[str, Any], call: dict[str, Any]) -> list[dict[str, Any]]:
    content = call.get("requestBody", {}).get("content", {})
    kinds: list[dict[str, Any]] = list(content.values())
    schema = kinds[0].get("schema", {}) if kinds else {}
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    required = schema.get("required", [])
    return [
        {"name": name, "type": _type(field), "required": name in required}
        for name, field in schema.get("properties", {}).items()
    ]


def _type(field: dict[str, Any]) -> str:
    kind = field.get("type", "object")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
