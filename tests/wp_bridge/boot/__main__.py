"""A local WordPress by hand: `python -m tests.wp_bridge.boot up --dir DIR [--port N] [--plugin FOLDER]`.

`up` prints one JSON line (addresses, log-in, version, log files) and serves until it is interrupted, or with
`--until-eof` until its standard input ends (for a parent that may be killed). `up --detach` goes on in the
background. `down --dir DIR` ends either and removes the folder.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

from tests.tools.processes import process_is_gone
from tests.tools.waiting import free_port, wait_until
from tests.wp_bridge.boot.needs import Missing, install_php
from tests.wp_bridge.boot.site import WordPress, boot_wordpress

MARK = "up.pid"
REPOSITORY = Path(__file__).parents[3]


def main(words: list[str]) -> int:
    asked = _arguments().parse_args(words)
    try:
        return _down(asked.dir) if asked.act == "down" else _up(asked, words)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 3


def _arguments() -> argparse.ArgumentParser:
    asks = argparse.ArgumentParser(prog="python -m tests.wp_bridge.boot", description=__doc__)
    asks.add_argument("act", choices=["up", "down"])
    asks.add_argument("--dir", type=Path, required=True, help="the site's folder; must not exist yet")
    asks.add_argument("--port", type=int, default=0)
    asks.add_argument("--wordpress", default="7.1", help="6.1 or 7.1 (also 5.7 and 6.8)")
    asks.add_argument("--plugin", type=Path, action="append", default=[], help="a plugin's folder, linked in")
    asks.add_argument(
        "--environment", default="local", choices=["production", "staging", "development", "local"]
    )
    asks.add_argument(
        "--home", default="", help="the shop's address that a license counts, if not the site's own"
    )
    asks.add_argument("--install-php", action="store_true", help="install what is missing by apt (root only)")
    asks.add_argument("--until-eof", action="store_true")
    asks.add_argument("--detach", action="store_true")
    return asks


def _up(asked: argparse.Namespace, words: list[str]) -> int:
    if (asked.dir / "www").exists():
        print(f"{asked.dir} holds a site already: take it down first", file=sys.stderr)
        return 2
    if asked.install_php:
        install_php()
    if asked.detach:
        return _detached([word for word in words if word not in {"--detach", "--install-php"}], asked.dir)
    # Taken before the boot, so that `down` finds a site that is still booting.
    asked.dir.mkdir(parents=True, exist_ok=True)
    (asked.dir / MARK).write_text(str(os.getpid()))
    site = boot_wordpress(
        asked.dir,
        asked.port or free_port(),
        asked.wordpress,
        plugins=asked.plugin,
        environment=asked.environment,
        home=asked.home,
    )
    print(site.as_json(), flush=True)
    _stay(site, until_eof=asked.until_eof)
    return 0


def _detached(words: list[str], folder: Path) -> int:
    """Start the same command in a session of its own and pass its line on, holding nothing of the caller."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "up.log"
    with log.open("wb") as paper:
        started = subprocess.Popen(
            [sys.executable, "-m", "tests.wp_bridge.boot", *words],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=paper,
            text=True,
            start_new_session=True,
        )
    assert started.stdout is not None
    line = started.stdout.readline()
    if not line:
        print(log.read_text(), file=sys.stderr)
        return started.wait()
    print(line, end="", flush=True)
    return 0


def _stay(site: WordPress, *, until_eof: bool) -> None:
    over = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    if until_eof:

        def wait_for_end() -> None:
            sys.stdin.read()
            over.set()

        threading.Thread(target=wait_for_end, daemon=True).start()
    while not over.wait(1) and site.server.running:
        pass
    site.stop()


def _down(folder: Path) -> int:
    mark = folder / MARK
    if not mark.exists():
        print(f"{folder} holds no site that `up` made", file=sys.stderr)
        return 2
    pid = int(mark.read_text())
    # The number may be another program's by now: only the command that names this folder is ended.
    if not process_is_gone(pid) and str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: process_is_gone(pid), 15, "the end of the site's server")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
