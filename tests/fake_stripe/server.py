"""A stand-in for Stripe as its own process: `server.py --port N --secret whsec_… --hook-url URL`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

if __package__ in (None, ""):  # run as a script: the repository's root is the place to import from
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from flask import Flask, Response, jsonify
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.fake_stripe import api, control, control_lives, hosted_bill, page, portal
from tests.fake_stripe.deliveries import Sender
from tests.fake_stripe.errors import StripeFailure
from tests.fake_stripe.shop import Shop
from tests.fake_stripe.store import Account, Store


def main() -> None:
    wanted = parse(sys.argv[1:])
    fallback = Account("", wanted.secret, wanted.hook_url) if wanted.secret else None
    store = Store(wanted.state_file, fallback)
    for introduced in wanted.account:
        api_key, secret, hook_url = introduced.split(",", 2)
        store.put_account(Account(api_key, [secret], hook_url))
    sender = Sender(store, first_pause_s=wanted.first_pause)
    server = bind(wanted.port)
    shop = Shop(store, sender, f"http://127.0.0.1:{server.port}", patience_s=wanted.patience)
    server.app = create_app(shop)
    print(f"Test shop (no real money) on {shop.url_base}", flush=True)
    serve(server, sender, until_stdin_ends=wanted.until_stdin_ends)
    store.close()


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=12111, help="0 takes a free one and prints it")
    parser.add_argument(
        "--secret", action="append", default=[], help="whsec_…; twice while a secret is rotated"
    )
    parser.add_argument("--hook-url", default="", help="receives the events of keys named in no --account")
    parser.add_argument("--account", action="append", default=[], metavar="SK_TEST,WHSEC,URL")
    parser.add_argument("--state-file", type=Path, help="keeps purchases over a restart")
    parser.add_argument(
        "--patience", type=float, default=3600.0, help="seconds during which a delivery is retried"
    )
    parser.add_argument(
        "--first-pause", type=float, default=0.5, help="seconds before the first retry; doubles"
    )
    parser.add_argument("--until-stdin-ends", action="store_true", help="end when the parent is gone")
    return parser.parse_args(arguments)


def bind(port: int) -> BaseWSGIServer:
    """Listens first, so that the address is known before the shop writes it into its objects."""
    return make_server("127.0.0.1", port, Flask("not yet"), threaded=True, request_handler=_Quiet)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """`/_test/log` tells what was called."""


def create_app(shop: Shop) -> Flask:
    app = Flask(__name__, root_path=str(Path(__file__).resolve().parent))
    app.extensions["shop"] = shop
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.config["MAX_CONTENT_LENGTH"] = 1_000_000
    for door in (api, page, portal, hosted_bill, control, control_lives):
        app.register_blueprint(door.blueprint)
    app.register_error_handler(StripeFailure, _refusal)
    app.add_url_rule("/favicon.ico", "favicon", lambda: Response(status=204))  # every browser asks
    return app


def _refusal(failure: StripeFailure) -> tuple[Response, int]:
    return jsonify(failure.body), failure.status


def serve(server: BaseWSGIServer, sender: Sender, *, until_stdin_ends: bool) -> None:
    stop = threading.Event()
    for wished in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wished, lambda *_: stop.set())
    if until_stdin_ends:
        threading.Thread(target=_watch_stdin, args=(stop,), daemon=True).start()
    sender.start()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop.wait()
    server.shutdown()
    sender.stop()


def _watch_stdin(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()
    # The parent is gone: nobody would end a process that hangs on its way out.
    threading.Event().wait(5)
    os._exit(1)


if __name__ == "__main__":
    main()
