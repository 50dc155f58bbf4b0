"""Puts the JSON door together: each file here with a `blueprint`, one OpenAPI document, one page of it."""

import importlib
import pkgutil
from typing import Any, NoReturn

from flask import Blueprint as PlainBlueprint
from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import INCLUDE, RAISE, Schema, ValidationError, fields
from webargs.flaskparser import FlaskParser

import server.api
from server import __version__
from server.api import answers, gate
from server.api.described import RulesPlugin, SchemasPlugin
from server.api.faults import FaultView, FieldsWrong, faults
from server.api.page import show_page
from server.kernel.problems import CONTENT_TYPE

FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION.update({"query": RAISE, "json": RAISE, "form": RAISE, "files": RAISE})


class ProblemView(Schema):
    """A refusal (RFC 9457); some codes bring more fields."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True, metadata={"format": "uri"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.List(fields.Nested(FaultView))


class ProblemApi(Api):
    """The document names the refusals as they are sent."""

    ERROR_SCHEMA = ProblemView
    DEFAULT_RESPONSE_CONTENT_TYPE: str

    def _register_responses(self) -> None:
        ordinary = self.DEFAULT_RESPONSE_CONTENT_TYPE
        self.DEFAULT_RESPONSE_CONTENT_TYPE = CONTENT_TYPE
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = ordinary


@Blueprint.ARGUMENTS_PARSER.error_handler
def _refuse_fields(error: ValidationError, *_request: Any, **_wish: Any) -> NoReturn:
    """Raised as ours, because the roof answers every HTTPException of Flask itself in general words."""
    raise FieldsWrong(errors=faults(error.messages_dict)) from error


def register(app: Flask) -> None:
    """Mount the door on the app."""
    app.config.update(
        API_TITLE="Keydesk",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
        PROPAGATE_EXCEPTIONS=False,
    )
    described = {
        "info": {"description": "Licenses, check-ins and tickets."},
        "marshmallow_plugin": SchemasPlugin(),
        "extra_plugins": [RulesPlugin(app)],
    }
    api = ProblemApi(app, spec_kwargs=described)
    _describe_security(api)
    for blueprint in _blueprints():
        api.register_blueprint(blueprint)
    app.before_request(answers.check_nonce)
    app.before_request(gate.judge)
    app.after_request(answers.finish)
    app.teardown_request(gate.leave)
    _refuse_unruled_routes(app)
    docs = PlainBlueprint("api_docs", __name__, template_folder="templates")
    docs.add_url_rule("/docs/api", "page", lambda: show_page(api.spec.to_dict()))
    app.register_blueprint(docs)


def _blueprints() -> list[Blueprint]:
    found = []
    for module in pkgutil.iter_modules(server.api.__path__):
        blueprint = getattr(importlib.import_module(f"server.api.{module.name}"), "blueprint", None)
        if isinstance(blueprint, Blueprint):
            found.append(blueprint)
    return found


def _describe_security(api: Api) -> None:
    for name, text in (
        ("product", "Product key `kdp_…`, public"),
        ("site", "Site token `kdt_…` of one activation"),
        ("vendor", "API key `kds_…` of a vendor, with scopes"),
    ):
        scheme = {"type": "http", "scheme": "bearer", "description": text}
        api.spec.components.security_scheme(name, scheme)


def _refuse_unruled_routes(app: Flask) -> None:
    """A /v1 route whose caller nobody named would be open to everybody."""
    for url in app.url_map.iter_rules():
        view = app.view_functions[url.endpoint]
        if url.rule.startswith("/v1") and not hasattr(view, "keydesk_rule"):
            raise RuntimeError(f"{url.rule} has no @rule")
