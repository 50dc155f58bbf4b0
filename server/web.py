"""The web process: granian serves the application with threads."""

import os
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from werkzeug.middleware.proxy_fix import ProxyFix

from server.kernel import settings
from server.kernel.cores import serve_on_cores
from server.kernel.db import session, writing
from server.kernel.idempotency import release_abandoned
from server.kernel.logs import log_to_stderr
from server.kernel.processes import die_with_parent

THREADS = 16
STOP_S = 3


def serve_web(port: int) -> None:
    """Serve on 127.0.0.1 until told to stop; one process, so that limits count in one place."""
    die_with_parent()
    serve("server.web:make_app", port)


def serve(factory: str, port: int) -> None:
    """granian as we run it, with the application that `module:function` makes."""
    Granian(
        factory,
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backlog=1024,
        backpressure=256,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
        log_level=LogLevels.error,
    ).serve()


def make_app() -> Any:
    """What granian calls in its own worker process."""
    die_with_parent()
    from server.app import create_app

    log_to_stderr()
    serve_on_cores()
    app = create_app(os.environ)
    with writing():
        release_abandoned()
    session.remove()
    # only this machine can connect; in production that is the proxy, which names the caller behind it
    return app if settings.current().is_development else ProxyFix(app, x_for=1, x_proto=0, x_host=0)
