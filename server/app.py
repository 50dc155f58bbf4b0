"""The roof: builds the web application out of its doors, and answers what went wrong."""

import hashlib
import importlib
import importlib.util
import logging
import os
import pkgutil
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

from flask import Blueprint, Flask, Request, Response, current_app, g, jsonify, request
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.exceptions import MethodNotAllowed as WrongMethod
from werkzeug.exceptions import NotFound as NoRoute
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream

from server import api, console
from server.api.answers import CACHING
from server.api.fast_validation import FastValidation
from server.kernel import db, secrets, settings
from server.kernel.db import session
from server.kernel.errors import BadRequest, KeydeskError, NotFound, TooLarge, Unavailable
from server.kernel.problems import CONTENT_TYPE, problem_bytes
from server.pages import refusing

log = logging.getLogger("keydesk.web")
PLAIN_DOORS = ("hooks", "pages", "compat")  # each file with a `blueprint` is mounted; api and console do more
MACHINES = ("/v1/", "/hooks/", "/compat/", "/healthz", "/openapi.json")  # programs ask here, people elsewhere
FOR_GOOD = "public, max-age=31536000, immutable"
COMMON_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
)
LISTENERS = ("helpdesks",)  # rooms that listen to the events of lower floors


class HostInvalid(BadRequest):
    """A Host header that is not ours."""

    code = "host_invalid"
    title = "This host name is not served here"


class MethodNotAllowed(KeydeskError):
    """The address exists, the method does not."""

    status = 405
    code = "method_not_allowed"
    title = "This address does not take this method"


class StorageFull(KeydeskError):
    """The disk is full."""

    status = 507
    code = "storage_full"
    title = "The server's disk is full; nothing was written"


class WholeBody(LimitedStream):
    """A body that came without its length: it is whole or refused, and never cut at the limit."""

    def readall(self) -> bytes:
        read = super().readall()
        if self.is_exhausted and self._stream.read(1):
            raise RequestEntityTooLarge
        return read


class WholeRequest(Request):
    """A request whose body is not cut silently, which Werkzeug does to chunked ones."""

    @cached_property
    def stream(self) -> IO[bytes]:
        limit = self.max_content_length
        if self.content_length is not None or limit is None or not self.environ.get("wsgi.input_terminated"):
            return super().stream
        return cast(IO[bytes], WholeBody(self.environ["wsgi.input"], limit, is_max=True))


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The application, with settings read, keys loaded and the database connected."""
    loaded = settings.load(os.environ if environ is None else environ)
    secrets.load_keys(loaded.data_dir / "keys" / "master.json", create=False)
    db.connect(loaded.database_url)
    return build_app(loaded)


def build_app(loaded: settings.Settings) -> Flask:
    """The application on a database that is already connected (tests)."""
    app = Flask("server", static_folder=None)
    app.request_class = WholeRequest
    app.config.update(
        SECRET_KEY=loaded.secret_key, MAX_CONTENT_LENGTH=64 * 1024, MAX_FORM_MEMORY_SIZE=500_000
    )
    app.before_request(_know_the_request)
    app.teardown_appcontext(_close_session)
    app.after_request(_common_headers)
    app.url_defaults(_name_the_version)
    connect_listeners()
    api.register(app)
    console.register(app)
    for door in PLAIN_DOORS:
        _mount(app, door)
    app.register_error_handler(KeydeskError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(Exception, _unexpected)
    app.add_url_rule("/healthz", "healthz", _healthz)
    door_headers = [("Cache-Control", CACHING), *COMMON_HEADERS]
    app.wsgi_app = FastValidation(app.wsgi_app, door_headers)  # type: ignore[method-assign]  # Flask's own way
    return app


def _mount(app: Flask, door: str) -> None:
    package = importlib.import_module(f"server.{door}")
    for module in pkgutil.iter_modules(package.__path__):
        blueprint = getattr(importlib.import_module(f"server.{door}.{module.name}"), "blueprint", None)
        if isinstance(blueprint, Blueprint):
            app.register_blueprint(blueprint)


def connect_listeners() -> None:
    """Let upper rooms hear the events of lower ones; the worker needs it too."""
    for room in LISTENERS:
        if importlib.util.find_spec(f"server.{room}.listeners"):
            importlib.import_module(f"server.{room}.listeners").connect()


def _know_the_request() -> None:
    g.request_id = uuid.uuid4().hex
    if request.host.lower() not in settings.current().allowed_hosts and request.path != "/healthz":
        raise HostInvalid


def _close_session(_error: BaseException | None) -> None:
    session.remove()


def _common_headers(response: Response) -> Response:
    headers = response.headers
    headers["Keydesk-Request-Id"] = g.get("request_id", "")
    for name, value in COMMON_HEADERS:
        headers.setdefault(name, value)
    if (request.endpoint or "").endswith(".static") and response.status_code == 200:
        headers["Cache-Control"] = FOR_GOOD if "v" in request.args else "no-cache"
    headers.setdefault("Cache-Control", "no-store")
    if response.status_code == 401:  # RFC 9110 11.6.1; browsers know no Bearer, so no log-in window of theirs
        headers.setdefault("WWW-Authenticate", "Bearer")
    return response


def _name_the_version(endpoint: str, values: dict[str, Any]) -> None:
    """A static file's address changes with its content, so that a browser may keep it for good."""
    if endpoint.endswith(".static") and "v" not in values:
        door = current_app.blueprints[endpoint.removesuffix(".static")]
        if version := _version(Path(door.static_folder or "", values["filename"])):
            values["v"] = version


@cache
def _version(path: Path) -> str:
    """Read once: an update restarts the server."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else ""


def _healthz() -> Response:
    session.execute(text("SELECT 1"))
    return jsonify(status="ok")


def _refused(error: KeydeskError) -> Response:
    """A problem document for a program, a page for a person."""
    return _document(error) if request.path.startswith(MACHINES) else refusing.refusal(error)


def _document(error: KeydeskError) -> Response:
    response = Response(problem_bytes(error), status=error.status, content_type=CONTENT_TYPE)
    if "retry_after" in error.fields:
        response.headers["Retry-After"] = str(error.fields["retry_after"])
    return response


def _http_error(error: HTTPException) -> Response:
    """What Flask itself refuses, in our words."""
    if isinstance(error, NoRoute):
        return _refused(NotFound())
    if isinstance(error, WrongMethod):
        response = _refused(MethodNotAllowed())
        response.headers["Allow"] = ", ".join(error.valid_methods or ())
        return response
    if error.code == 413:
        return _refused(TooLarge())
    if error.code is not None and 400 <= error.code < 500:
        return _refused(BadRequest(error.description))
    return _unexpected(error)


def _database_error(error: SQLAlchemyError) -> Response:
    session.rollback()
    words = str(getattr(error, "orig", None) or error).lower()  # the driver's own, without what people sent
    if "disk is full" in words or "no space left" in words:
        return _refused(StorageFull())
    of_another_version = "no such" in words or "has no column" in words  # SQLite calls that operational too
    if isinstance(error, (OperationalError, PoolTimeout)) and not of_another_version:
        log.warning("database busy", extra={"request_id": g.get("request_id")})
        return _refused(Unavailable())
    return _unexpected(error)


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error, extra={"request_id": g.get("request_id")})
    return _refused(KeydeskError(f"Something went wrong on our side (request {g.get('request_id', '')[:8]})"))
