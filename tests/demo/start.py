"""Starts Keydesk with its neighbours (test shop, helpdesk, WordPress) and ends them together."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from server.starting import LOCKED
from server.supervisor import FolderInUse, hold_folder
from tests.demo import neighbours
from tests.demo.ends import Ends
from tests.demo.ship_example import ship
from tests.tools.waiting import answers, free_port, port_is_free
from tests.wp_bridge.boot.needs import Missing

ROOT = Path(__file__).resolve().parents[2]
START_S = 60


def main() -> None:
    asked = arguments()
    refuse_taken_folder(asked.data_dir)
    refuse_taken_port(asked.port)
    (asked.data_dir / "mail").mkdir(exist_ok=True)
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
    if "STRIPE_DOUBLE" in environ:
        running.add(neighbours.start_shop(asked.data_dir, environ["STRIPE_DOUBLE"], facts).stop)
    lines = demo_lines(asked, facts, environ, running) if facts else empty_lines(asked, environ, running)
    print("\n" + "\n".join(lines), flush=True)
    print(f"\nReady in {time.monotonic() - asked.begun:.0f} s. Ctrl-C stops everything.\n", flush=True)


def demo_lines(
    asked: argparse.Namespace, facts: dict[str, Any], environ: dict[str, str], running: Ends
) -> list[str]:
    """Start what was asked for beside the demo, note it in `demo.json`, and say where everything is."""
    ship(environ, facts)
    more = {"mail_folder": str(asked.data_dir / "mail")}
    if "STRIPE_DOUBLE" in environ:
        more["test_shop_url"] = environ["STRIPE_DOUBLE"]
    missing: list[str] = []
    if asked.helpdesk:
        more |= neighbours.start_helpdesk(asked.data_dir, environ, running)
    if asked.wordpress:
        try:
            more |= neighbours.start_wordpress(asked.data_dir, facts, running)
        except Missing as error:
            missing = [f"  {'WordPress':<12} not started: {error}"]
    noted = note_facts(asked.data_dir, facts, more)
    return greeting(noted, asked.data_dir) + missing


def note_facts(data_dir: Path, facts: dict[str, Any], more: dict[str, str]) -> dict[str, Any]:
    """What runs beside the server, into `demo.json`; what only an earlier start had is taken out."""
    beside = ("mail_folder", "test_shop_", "helpdesk_", "wordpress_")
    noted = {name: value for name, value in facts.items() if not name.startswith(beside)} | more
    path = data_dir / "demo.json"
    path.write_text(json.dumps(noted, indent=2, ensure_ascii=False), encoding="utf-8")
    return noted


def empty_lines(asked: argparse.Namespace, environ: dict[str, str], running: Ends) -> list[str]:
    """The two steps from an empty server to a sale."""
    command = [str(Path(sys.executable).parent / "keydesk-server"), "first-owner"]
    made = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    lines = [f"  Make the owner's account   {made.stdout.strip()}"]
    if made.returncode:  # an earlier start has made it
        lines = [f"  {'Console':<12} {environ['KEYDESK_PUBLIC_URL']}/console/"]
    if "STRIPE_DOUBLE" in environ:
        lines += neighbours.start_empty_shop(asked.data_dir, environ, running)
    return [*lines, f"  {'Mails':<12} {asked.data_dir / 'mail'}"]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--begun", type=float, default=time.monotonic())
    for name in ("empty", "wordpress", "helpdesk"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


def refuse_taken_port(port: int) -> None:
    if not port_is_free(port):
        later = (other for other in range(port + 1, min(port + 100, 65_536)) if port_is_free(other))
        free = next(later, None) or free_port()
        sys.exit(f"Port {port} is in use. Stop what runs there, or choose another: ./run --port {free}")


def refuse_taken_folder(data_dir: Path) -> None:
    """Here as well as in the server: the ports that are kept in the folder belong to whoever runs there."""
    try:
        hold_folder(data_dir).close()
    except FolderInUse as error:
        print(error, file=sys.stderr)
        sys.exit(LOCKED)


def environment(asked: argparse.Namespace) -> dict[str, str]:
    """The settings of a demo; whatever the caller set goes before."""
    environ = dict(os.environ)
    environ.setdefault("KEYDESK_ENV", "development")
    environ["KEYDESK_DATA_DIR"] = str(asked.data_dir)
    environ.setdefault("KEYDESK_PUBLIC_URL", f"http://127.0.0.1:{asked.port}")
    environ.setdefault("KEYDESK_ALLOWED_HOSTS", f"127.0.0.1:{asked.port},localhost:{asked.port}")
    environ.setdefault("KEYDESK_OUTBOUND_ALLOW", "127.0.0.0/8")
    if "KEYDESK_STRIPE_API_BASE" not in environ:
        shop = f"http://127.0.0.1:{neighbours.kept_port(asked.data_dir, 'shop')}"
        environ["KEYDESK_STRIPE_API_BASE"] = shop
        environ["STRIPE_DOUBLE"] = shop
    return environ


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


def greeting(facts: dict[str, Any], data_dir: Path) -> list[str]:
    rows = [
        ("Console", facts["console_url"]),
        ("Login", f"{facts['login_email']}   {facts['login_password']}"),
        ("Buy page", facts["buy_url"]),
        ("License key", facts["license_key"]),
        ("Product key", facts["product_key"]),
        ("API key", facts["vendor_api_key"]),
        ("API", f"{facts['api_url']}  (page: {facts['console_url'].removesuffix('/console')}/docs/api)"),
        ("Test shop", f"{facts['test_shop_url']}  (no real money)" if "test_shop_url" in facts else ""),
        ("Mails", facts["mail_folder"]),
        ("All of it", str(data_dir / "demo.json")),
    ]
    for name, begins in (("Helpdesk", "helpdesk"), ("WordPress", "wordpress")):
        if f"{begins}_url" in facts:
            rows.append((name, facts[f"{begins}_url"]))
            rows.append(("", f"{facts[f'{begins}_user']}   {facts[f'{begins}_password']}"))
    return [f"  {name:<12} {value}" for name, value in rows if value]


if __name__ == "__main__":
    main()
