"""Starts Keydesk with its neighbours (test shop, helpdesk, WordPress) and ends them together."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.demo import neighbours
from tests.demo.ends import Ends
from tests.demo.ship_example import ship
from tests.tools.waiting import answers, free_port

ROOT = Path(__file__).resolve().parents[2]
START_S = 60


def main() -> None:
    asked = arguments()
    refuse_taken_port(asked.port)
    for number in (signal.SIGINT, signal.SIGTERM):  # both ways of ending interrupt whatever runs
        signal.signal(number, signal.default_int_handler)
    running = Ends()
    try:
        start_all(asked, running)
        threading.Event().wait()
    except KeyboardInterrupt:
        print("\nStopping ...", flush=True)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        running.end()


def start_all(asked: argparse.Namespace, running: Ends) -> None:
    environ = environment(asked)
    start_server(asked, environ, running)
    facts = demo_facts(asked.data_dir)
    if facts and "STRIPE_DOUBLE" in environ:
        running.add(neighbours.start_shop(asked.data_dir, environ["STRIPE_DOUBLE"], facts).stop)
    if facts:
        ship(environ, facts)
    lines = greeting(asked, facts, environ)
    if asked.helpdesk and facts:
        lines += neighbours.start_helpdesk(asked.data_dir, environ, running)
    if asked.wordpress and facts:
        lines += neighbours.start_wordpress(asked.data_dir, facts, running)
    print("\n" + "\n".join(lines), flush=True)
    print(f"\nReady in {time.monotonic() - asked.begun:.0f} s. Ctrl-C stops everything.\n", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--begun", type=float, default=time.monotonic())
    for name in ("empty", "wordpress", "helpdesk"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


def refuse_taken_port(port: int) -> None:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(
                f"Port {port} is in use. Stop what runs there, or choose another: ./run --port {port + 1}"
            )


def environment(asked: argparse.Namespace) -> dict[str, str]:
    """The settings of a demo; whatever the caller set goes before."""
    environ = dict(os.environ)
    environ.setdefault("KEYDESK_ENV", "development")
    environ["KEYDESK_DATA_DIR"] = str(asked.data_dir)
    environ.setdefault("KEYDESK_PUBLIC_URL", f"http://127.0.0.1:{asked.port}")
    environ.setdefault("KEYDESK_ALLOWED_HOSTS", f"127.0.0.1:{asked.port},localhost:{asked.port}")
    environ.setdefault("KEYDESK_OUTBOUND_ALLOW", "127.0.0.0/8")
    if "KEYDESK_STRIPE_API_BASE" not in environ:
        shop = f"http://127.0.0.1:{kept_port(asked.data_dir, 'shop')}"
        environ["KEYDESK_STRIPE_API_BASE"] = shop
        environ["STRIPE_DOUBLE"] = shop
    return environ


def kept_port(data_dir: Path, name: str) -> int:
    """The same port at each start, so that addresses in old orders and mails go on working."""
    path = data_dir / "run" / f"{name}.port"
    if path.exists():
        port = int(path.read_text())
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) != 0:
                return port
    path.parent.mkdir(parents=True, exist_ok=True)
    port = free_port()
    path.write_text(str(port))
    return port


def start_server(asked: argparse.Namespace, environ: dict[str, str], running: Ends) -> None:
    print("  starting the server ...", flush=True)
    command = [str(Path(sys.executable).parent / "keydesk-server"), "serve", "--port", str(asked.port)]
    if not asked.empty:
        command.append("--demo")
    server = neighbours.Neighbour("the server", command, environ)
    running.add(server.stop)
    deadline = time.monotonic() + START_S
    while not answers(f"http://127.0.0.1:{asked.port}/healthz"):
        if not server.lives() or time.monotonic() > deadline:
            server.stop()
            sys.exit("The server did not start; what it said stands above.")
        time.sleep(0.1)


def demo_facts(data_dir: Path) -> dict[str, Any]:
    path = data_dir / "demo.json"
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return facts


def greeting(asked: argparse.Namespace, facts: dict[str, Any], environ: dict[str, str]) -> list[str]:
    if not facts:
        command = [str(Path(sys.executable).parent / "keydesk-server"), "first-owner"]
        made = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        return [f"  Make the owner's account   {made.stdout.strip()}"]
    rows = [
        ("Console", facts["console_url"]),
        ("Login", f"{facts['login_email']}   {facts['login_password']}"),
        ("Buy page", facts["buy_url"]),
        ("License key", facts["license_key"]),
        ("Product key", facts["product_key"]),
        ("API key", facts["vendor_api_key"]),
        ("API", f"{facts['api_url']}  (page: {facts['console_url'].removesuffix('/console')}/docs/api)"),
        ("Mails", str(asked.data_dir / "mail")),
        ("All of it", str(asked.data_dir / "demo.json")),
    ]
    return [f"  {name:<12} {value}" for name, value in rows]


if __name__ == "__main__":
    main()
