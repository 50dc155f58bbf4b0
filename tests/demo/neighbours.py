"""The real parts around a demo server: Stripe's double as a test shop, Roundup, WordPress."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from server.kernel.processes import die_with_parent
from tests.demo.ends import Ends
from tests.tools.waiting import answers, free_port, wait_until
from tests.wp_bridge.boot.site import WordPress

ROOT = Path(__file__).resolve().parents[2]
STOP_S = 4.5


class Neighbour:
    """A process that ends with this one."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={key: value for key, value in (environ or os.environ).items() if key != "STRIPE_DOUBLE"},
            stdin=subprocess.DEVNULL,
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
    """The test shop for both demo vendors; purchases survive a restart."""
    accounts = [
        f"{vendor['stripe_api_key']},{vendor['stripe_webhook_secret']},{vendor['stripe_hook_url']}"
        for vendor in (facts, facts["second_vendor"])
    ]
    command = [sys.executable, "tests/fake_stripe/server.py", "--port", url.rsplit(":", 1)[1]]
    command += ["--state-file", str(data_dir / "run" / "shop.sqlite3")]
    for account in accounts:
        command += ["--account", account]
    return Neighbour("the test shop", command)


def start_helpdesk(data_dir: Path, environ: Mapping[str, str], running: Ends) -> list[str]:
    """Roundup, connected to the demo vendor both ways."""
    from tests.demo.connect_helpdesk import connect
    from tests.helpdesks.roundup.boot import boot_roundup

    print("  starting Roundup (the first time it is installed) ...", flush=True)
    desk = boot_roundup(data_dir / "roundup", free_port())
    running.add(desk.stop)
    hook_url, hook_secret = connect(environ, desk)
    desk.set_hook(hook_url, hook_secret)
    return [
        f"  {'Helpdesk':<12} {desk.url}",
        f"  {'':<12} {desk.agent}   {desk.agent_password}",
    ]


def start_wordpress(data_dir: Path, facts: dict[str, Any], running: Ends) -> list[str]:
    """A WordPress with the example plugin, built for the demo product of this server."""
    from tests.demo.ship_example import build_example_plugin
    from tests.wp_bridge.boot.needs import Missing, install_php
    from tests.wp_bridge.boot.site import boot_wordpress

    print("  starting WordPress (the first time it is fetched) ...", flush=True)
    work = Path(tempfile.mkdtemp(prefix="keydesk-wordpress-"))
    try:
        install_php()
        plugin = build_example_plugin(work, facts)
        site = boot_wordpress(work / "site", free_port(), plugins=[plugin], home="https://shop-1.example.com")
    except Missing as error:
        shutil.rmtree(work)
        return [f"  {'WordPress':<12} not started: {error}"]
    running.add(lambda: end_site(site, work))
    wait_until(lambda: answers(f"{site.url}/wp-login.php", 5), 30, "WordPress")
    return [
        f"  {'WordPress':<12} {site.admin}admin.php?page=acme-gallery-keydesk",
        f"  {'':<12} {site.user}   {site.password}",
    ]


def end_site(site: WordPress, work: Path) -> None:
    """Stop the site and throw it away: each start has a fresh one."""
    site.stop()
    shutil.rmtree(work, ignore_errors=True)
