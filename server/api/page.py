"""A page of the OpenAPI document for people: every call with its caller, fields and answers."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Response, make_response, render_template
from markupsafe import Markup, escape

CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
DEEPEST = 3  # objects inside objects that a table still follows
LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "from {}",
    "maximum": "to {}",
    "maxItems": "at most {} items",
    "format": "{}",
    "pattern": "pattern {}",
    "default": "else {!r}",
}
Thing = dict[str, Any]


def show_page(spec: Thing) -> Response:
    """The document as one readable page, without a script."""
    calls = list(_calls(spec))
    response = make_response(render_template("api/page.html", spec=spec, calls=calls, prose=_prose))
    response.headers["Content-Security-Policy"] = CSP
    return response


def _calls(spec: Thing) -> Iterator[Thing]:
    for path, methods in spec.get("paths", {}).items():
        for method, call in methods.items():
            if isinstance(call, dict) and "responses" in call:
                yield {
                    "anchor": re.sub(r"[^a-z0-9]+", "-", f"{method} {path}").strip("-"),
                    "method": method.upper(),
                    "path": path,
                    "summary": call.get("summary", ""),
                    "description": call.get("description", ""),
                    "callers": [one for entry in call.get("security", []) for one in entry.items()],
                    "tables": _tables(spec, methods.get("parameters", []), call),
                    "answers": sorted(call["responses"]),
                }


def _tables(spec: Thing, shared: list[Thing], call: Thing) -> list[tuple[str, list[Thing]]]:
    """Titled lists of fields: headers, query and body that are sent, and what comes back."""
    sent = [*shared, *call.get("parameters", [])]
    good = [answer for status, answer in call["responses"].items() if status.startswith("2")]
    found = [
        (title, [_row(spec, one["name"], one["schema"], one) for one in sent if one["in"] == place])
        for title, place in (("Path", "path"), ("Headers", "header"), ("Query", "query"))
    ]
    found.append(("Body", list(_fields(spec, _schema(call.get("requestBody", {}))))))
    found.append(("Answer", list(_fields(spec, _schema(good[0] if good else {})))))
    return [(title, rows) for title, rows in found if rows]


def _schema(message: Thing) -> Thing:
    for content in message.get("content", {}).values():
        return dict(content.get("schema", {}))
    return {}


def _fields(spec: Thing, schema: Thing, above: str = "") -> Iterator[Thing]:
    whole = _followed(spec, schema)
    for name, field in whole.get("properties", {}).items():
        yield _row(spec, above + name, field, {"required": name in whole.get("required", [])})
        inner, mark = _followed(spec, field), "."
        if "items" in inner:
            inner, mark = _followed(spec, inner["items"]), "[]."
        if above.count(".") < DEEPEST:
            yield from _fields(spec, inner, f"{above}{name}{mark}")


def _followed(spec: Thing, schema: Thing) -> Thing:
    """The schema behind a reference; of alternatives the one that is not null."""
    for choice in [schema, *schema.get("anyOf", []), *schema.get("allOf", [])]:
        if "$ref" in choice:
            return dict(spec["components"]["schemas"][choice["$ref"].rsplit("/", 1)[-1]])
    return schema


def _row(spec: Thing, name: str, schema: Thing, told: Thing) -> Thing:
    field = _followed(spec, schema)
    kind = field.get("type", "any")
    words = [" or ".join(kind) if isinstance(kind, list) else str(kind)]
    if "items" in field:
        words[0] += f" of {_followed(spec, field['items']).get('type', 'any')}"
    if told.get("required"):
        words.append("required")
    if choices := [str(one) for one in field.get("enum", []) if one is not None]:
        words.append("one of " + ", ".join(choices))
    words += [text.format(field[rule]) for rule, text in LIMITS.items() if rule in field]
    remark = told.get("description") or field.get("description") or ""
    return {"name": name, "words": ", ".join(words), "remark": remark}


def _prose(text: str) -> Markup:
    """`code` between backticks is set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped just before
