"""A real WordPress on a loopback port with plugins active: boot it, tick its cron, take it down.

The browser and the server reach the site at its `url` on 127.0.0.1, which takes no seat of a license. A site
that is to be counted gets `home="http://shop-1.example.com"`: `get_option( 'home' )` answers that, and links,
REST addresses, redirects and wp-admin stay on `url`.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from tests.tools.processes import Program, start, wait_for_answer
from tests.wp_bridge.boot.needs import refuse_if_something_is_missing
from tests.wp_bridge.boot.tree import PHP, Layout, become_network, lay_out, move

USER, PASSWORD, EMAIL = "admin", "admin-pass-1", "admin@shop-1.example.com"
QUICK_VERSIONS = ("6.1", "7.1")
WORKERS = 4  # more than one, or a site that calls itself waits for itself
SCRIPT_S, START_S, CRON_S = 120, 60, 60


class BootFailed(Exception):
    """WordPress or a plugin could not be installed; the text is what PHP said."""


@dataclass(frozen=True)
class WordPress:
    """A running site: where it is, who may log in, and the files in which it writes what it does."""

    url: str
    admin: str
    home: str
    user: str
    password: str
    email: str
    version: str
    root: Path
    debug_log: Path
    requests_log: Path
    mails_log: Path
    server_log: Path
    pid: int
    server: Program = field(repr=False, compare=False)

    def as_json(self) -> str:
        """The record as one line, without the handle on the running program."""
        facts = {fact.name: getattr(self, fact.name) for fact in fields(self) if fact.name != "server"}
        return json.dumps(facts, default=str)

    def debug_lines(self) -> list[str]:
        """What PHP complained about so far."""
        return self.debug_log.read_text(errors="replace").splitlines() if self.debug_log.exists() else []

    def requests(self) -> list[dict[str, Any]]:
        """Every outgoing HTTP request so far: method, url, agent, and the page that made it."""
        return _json_lines(self.requests_log)

    def mails(self) -> list[dict[str, Any]]:
        """Every mail that WordPress itself wanted to send so far."""
        return _json_lines(self.mails_log)

    def stop(self) -> None:
        """End the server; the files stay to be read."""
        self.server.stop()


def boot_wordpress(
    folder: Path,
    port: int,
    version: str = "7.1",
    *,
    plugins: Sequence[Path] = (),
    environment: Literal["production", "staging", "development", "local"] = "production",
    home: str = "",
    network: bool = False,
    reuse: bool = False,
) -> WordPress:
    """Install and serve a WordPress in an empty or absent folder; it ends with this process.

    A `network` is a multisite with one child at /child/; its plugins are active for all sites.

    With `reuse` a site that an earlier boot finished there is served as it is, with its own WordPress version
    and plugins, on the present port.
    """
    refuse_if_something_is_missing()
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    site, url = Layout(folder), f"http://127.0.0.1:{port}"
    met = _kept(site, url) if reuse else ""
    if not met:
        met = lay_out(folder, version=version, url=url, environment=environment, plugins=list(plugins))
        _run_script("install.php", site.root, home or url, USER, PASSWORD, EMAIL)
        names = [plugin.name for plugin in plugins]
        if network:
            _make_network(site, port, home or url, names)
        else:
            _run_script("activate.php", site.root, *names)
        _let_readers_and_writers_share(site)
        site.complete.write_text(met)
    server = _serve(site, port)
    return WordPress(
        url=url,
        admin=f"{url}/wp-admin/",
        home=home or url,
        user=USER,
        password=PASSWORD,
        email=EMAIL,
        version=met,
        root=site.root,
        debug_log=site.debug_log,
        requests_log=site.requests_log,
        mails_log=site.mails_log,
        server_log=site.server_log,
        pid=server.pid,
        server=server,
    )


def _kept(site: Layout, url: str) -> str:
    """The version of the finished site in this folder, now at this address; "" makes room for a new one."""
    if site.complete.exists():
        move(site, url)
        return site.complete.read_text()
    shutil.rmtree(site.root, ignore_errors=True)
    return ""


def _make_network(site: Layout, port: int, home: str, plugins: Sequence[str]) -> None:
    domain = f"127.0.0.1:{port}"
    _run_script("network.php", "make", site.root, domain, EMAIL)
    become_network(site, domain)
    _run_script("network.php", "fill", site.root, domain, f"{home}/child", *plugins)


def _run_script(name: str, *words: str | Path) -> None:
    command = ["php", "-d", "memory_limit=512M", PHP / name, *words]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SCRIPT_S, check=False
    )
    if done.returncode:
        raise BootFailed(f"{name} ended with {done.returncode}: {done.stdout.strip()}")


def _let_readers_and_writers_share(site: Layout) -> None:
    """The drop-in leaves SQLite's journal as it was made: there a page that reads locks out a writer."""
    for file in (site.root / "wp-content" / "database").glob(".ht.sqlite"):
        connection = sqlite3.connect(file)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()


def _serve(site: Layout, port: int) -> Program:
    settings = {
        "opcache.enable_cli": "1",
        "opcache.revalidate_freq": "0",  # what a test changes in the site counts from the next page on
        "memory_limit": "256M",
        "upload_max_filesize": "8M",
        "post_max_size": "9M",
    }
    options = [word for name, value in settings.items() for word in ("-d", f"{name}={value}")]
    server = start(
        ["php", *options, "-S", f"127.0.0.1:{port}", "-t", site.root, PHP / "router.php"],
        log=site.server_log,
        env={**os.environ, "PHP_CLI_SERVER_WORKERS": str(WORKERS)},
        grace_s=2,
    )
    try:
        wait_for_answer(server, f"http://127.0.0.1:{port}/wp-login.php", START_S)
    except BaseException:
        server.stop()
        raise
    return server


def run_cron(site: WordPress) -> None:
    """One pass of WP-Cron, as the site's crontab would make it; returns when all due events have run."""
    with urllib.request.urlopen(f"{site.url}/wp-cron.php", timeout=CRON_S) as reply:
        reply.read()


def pass_time(site: WordPress, prefix: str, seconds: int) -> None:
    """Let time pass for the plugin whose hooks and records begin with `prefix` ("keydesk_acme_gallery_")."""
    _run_script("pass-time.php", site.root, prefix, str(seconds))


def _json_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]
