"""The real parts around a demo server: Stripe's double as a test shop, Roundup, WordPress."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from server.kernel.processes import die_with_parent
from tests.demo.ends import Ends
from tests.tools.waiting import free_port, port_is_free, wait_until

ROOT = Path(__file__).resolve().parents[2]
STOP_S = 4.5


class Neighbour:
    """A process that ends with this one."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.name = name
        with log.open("ab") if log else nullcontext() as paper:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={key: value for key, value in (environ or os.environ).items() if key != "STRIPE_DOUBLE"},
                stdin=subprocess.DEVNULL,
                stdout=paper,
                stderr=paper,
                preexec_fn=die_with_parent_only,  # noqa: PLW1509  no thread of ours runs yet when it is called
            )

    def lives(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        if self.lives():
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def die_with_parent_only() -> None:
    """In the child, before its program runs: no Ctrl-C of the terminal, and an end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(watch=False)


def start_shop(data_dir: Path, url: str, facts: dict[str, Any]) -> Neighbour:
    """The test shop for both demo vendors, or for whoever connects it; purchases survive a restart."""
    command = [sys.executable, "tests/fake_stripe/server.py", "--port", url.rsplit(":", 1)[1]]
    command += ["--state-file", str(data_dir / "run" / "shop.sqlite3")]
    for vendor in (facts, facts["second_vendor"]) if facts else ():
        account = (vendor["stripe_api_key"], vendor["stripe_webhook_secret"], vendor["stripe_hook_url"])
        command += ["--account", ",".join(account)]
    return Neighbour("the test shop", command, log=data_dir / "run" / "shop.log")


def start_empty_shop(data_dir: Path, environ: Mapping[str, str], running: Ends) -> list[str]:
    """What the owner of an empty server enters to sell in the test shop; the rest it finds out itself."""
    from tests.demo.empty_shop import HookWatch, introduce, kept_account

    account, url = kept_account(data_dir), environ["STRIPE_DOUBLE"]
    wait_until(lambda: introduce(url, account, ""), 30, "the test shop")
    watch = HookWatch(environ, url, account)
    watch.start()
    running.add(watch.stop)
    return [
        f"  {'Test shop':<12} key {account['api_key']}   webhook secret {account['webhook_secret']}",
        f"  {'':<12} Enter both under Payments; then sell what has a plan and a price. No card is charged.",
    ]


def start_helpdesk(data_dir: Path, environ: Mapping[str, str], running: Ends) -> dict[str, str]:
    """Roundup, connected to the demo vendor both ways; its address and the log-in of a person there."""
    from tests.demo.connect_helpdesk import connect
    from tests.helpdesks.roundup.boot import boot_roundup

    print("  starting Roundup (the first time it is installed) ...", flush=True)
    desk = boot_roundup(data_dir / "roundup", kept_port(data_dir, "helpdesk"))
    running.add(desk.stop)
    hook_url, hook_secret = connect(environ, desk)
    desk.set_hook(hook_url, hook_secret)
    return {
        "helpdesk_url": desk.url,
        "helpdesk_user": desk.agent,
        "helpdesk_password": desk.agent_password,
    }


def start_wordpress(data_dir: Path, facts: dict[str, Any], running: Ends) -> dict[str, str]:
    """A WordPress with the example plugin for the demo product; kept, so that old links go on working."""
    from tests.demo.ship_example import build_example_plugin
    from tests.wp_bridge.boot.needs import install_php
    from tests.wp_bridge.boot.site import boot_wordpress

    print("  starting WordPress (the first time it is fetched) ...", flush=True)
    install_php()
    work = data_dir / "wordpress"
    plugin = build_example_plugin(work, facts)
    site = boot_wordpress(
        work / "site",
        kept_port(data_dir, "wordpress"),
        plugins=[plugin],
        home="https://shop-1.example.com",
        reuse=True,
    )
    running.add(site.stop)
    return {
        "wordpress_url": f"{site.admin}admin.php?page=acme-gallery-keydesk",
        "wordpress_user": site.user,
        "wordpress_password": site.password,
    }


def kept_port(data_dir: Path, name: str) -> int:
    """The same port at each start, so that addresses in old orders and mails go on working."""
    path = data_dir / "run" / f"{name}.port"
    if path.exists() and port_is_free(int(path.read_text())):
        return int(path.read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    port = free_port()
    path.write_text(str(port))
    return port
