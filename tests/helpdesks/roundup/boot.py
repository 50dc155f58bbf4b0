"""A real Roundup on loopback: a classic tracker on SQLite, an API user, an agent, and our detector."""

import configparser
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.helpdesks.roundup.environment import roundup_python

INSIDE = Path(__file__).with_name("inside.py")
DETECTORS = Path(__file__).parents[3] / "server" / "helpdesks" / "connectors" / "detectors"
PATIENCE_S = 60.0


class Roundup:
    """A running tracker. `user` is the API user for Keydesk, `agent` a person who answers."""

    user, password = "keydesk", "keydesk-demo-password"
    agent, agent_password = "mira", "mira-demo-password"

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve the tracker in a process that ends when we do: its standard input is our pipe."""
        log = (self.home.parent / "roundup.log").open("ab")
        command = [str(roundup_python()), str(INSIDE), "serve", str(self.home), str(self.port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        log.close()
        self._wait_until_it_answers()

    def stop(self) -> None:
        if self._process is None:
            return
        if self._process.stdin:
            self._process.stdin.close()
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        self._process = None

    def set_hook(self, url: str, secret: str) -> None:
        """Point the detector at Keydesk; Roundup reads its settings at start, so it starts again."""
        write_hook(self.home, url, secret)
        if self._process is not None:
            self.stop()
            self.start()

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(self.url, timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise RuntimeError(
            f"Roundup did not start:\n{(self.home.parent / 'roundup.log').read_text()[-2000:]}"
        )


def boot_roundup(
    folder: Path, port: int, *, hook_url: str | None = None, hook_secret: str | None = None
) -> Roundup:
    """Make the tracker in `folder` (kept when it is already there) and start it. Call `stop()` at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    desk = Roundup(folder / "tracker", port)
    if not (folder / "complete").exists():
        _make_tracker(desk)
        (folder / "complete").touch()
    shutil.copy(DETECTORS / "keydesk_roundup.py", desk.home / "detectors" / "keydesk_roundup.py")
    if hook_url and hook_secret:
        write_hook(desk.home, hook_url, hook_secret)
    _set_address(desk)
    desk.start()
    return desk


def write_hook(home: Path, url: str, secret: str) -> None:
    """What the vendor does by hand: the section [keydesk] of detectors/config.ini."""
    path = home / "detectors" / "config.ini"
    settings = configparser.RawConfigParser()
    settings.read(path)
    settings["keydesk"] = {"url": url, "secret": secret}
    with path.open("w") as file:
        settings.write(file)


def _make_tracker(desk: Roundup) -> None:
    shutil.rmtree(desk.home, ignore_errors=True)
    python = roundup_python()
    admin = [str(python.with_name("roundup-admin")), "-i", str(desk.home)]
    settings = {
        "tracker_web": desk.url,
        "mail_domain": "desk.example.com",
        "mail_host": "127.0.0.1",
        "admin_email": "admin@desk.example.com",
        "mail_debug": str(desk.home.parent / "mail.log"),  # mails go to a file, so no mail server is needed
        "password_pbkdf2_default_rounds": "1000",  # each request brings the password: 0.3 s by default
    }
    _run(
        [
            *admin,
            "install",
            "classic",
            "sqlite",
            ",".join(f"{key}={value}" for key, value in settings.items()),
        ]
    )
    _run([*admin, "initialise", "admin-demo-password"])
    people = [f"{desk.user}:{desk.password}:Keydesk", f"{desk.agent}:{desk.agent_password}:Mira Stone"]
    _run([str(python), str(INSIDE), "people", str(desk.home), *people])


def _set_address(desk: Roundup) -> None:
    """A kept tracker may come back on another port."""
    path = desk.home / "config.ini"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [f"web = {desk.url}" if line.startswith("web = ") else line for line in lines]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-1000:]}{done.stderr[-2000:]}")
