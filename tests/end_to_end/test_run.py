"""`./run` as a stranger types it: it answers, says where everything is, and ends as promised."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.tools.waiting import answers, free_port, port_is_free, wait_until

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ("licenses.md", "sell-with-stripe.md")
COMMANDS = [
    block
    for page in GUIDES
    for block in re.findall(
        r"^```sh\n(.*?)^```$", (ROOT / "docs" / "guide" / page).read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
]
START_S = 120.0  # the environment is there already; the machine may be busy
STOP_S = 5.0
FACTS = {
    "console_url",
    "login_email",
    "login_password",
    "api_url",
    "vendor_slug",
    "product_slug",
    "product_key",
    "edd_item_id",
    "license_key",
    "vendor_api_key",
    "stripe_hook_url",
    "stripe_webhook_secret",
}


class Run:
    """One `./run`, its output kept in a file."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        self.port, self.log = port, folder / f"run-{port}.log"
        self.data_dir = folder / "data"
        command = ["./run", "--port", str(port), "--data-dir", str(self.data_dir), *options]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("KEYDESK_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_until_ready(self) -> None:
        wait_until(lambda: "Ready in" in self.output() or self.process.poll() is not None, START_S, "./run")
        assert self.process.poll() is None, self.output()

    def end(self, number: int) -> float:
        """Seconds until the process is gone and its port is free."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        wait_until(lambda: port_is_free(self.port), STOP_S, "the port")
        return time.monotonic() - begun


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def test_run_answers_tells_and_ends_within_five_seconds(tmp_path: Path) -> None:
    run = Run(tmp_path, free_port())
    try:
        run.wait_until_ready()
        base = f"http://127.0.0.1:{run.port}"
        assert json.loads(fetch(f"{base}/healthz")) == {"status": "ok"}
        assert "/v1/tickets" in json.loads(fetch(f"{base}/openapi.json"))["paths"]
        facts = json.loads((run.data_dir / "demo.json").read_text(encoding="utf-8"))
        assert set(facts) >= FACTS
        assert set(facts["second_vendor"]) >= FACTS
        printed = run.output()
        for fact in ("console_url", "login_email", "login_password", "license_key", "product_key"):
            assert facts[fact] in printed
        assert re.search(r"Ready in \d+ s", printed)
        assert b"Acme Gallery" in fetch(facts["buy_url"])
        assert f"Test shop    {facts['test_shop_url']}" in printed
        assert printed.count("Test shop") == 1, "what its process says stands in its log"
        assert list(Path(facts["mail_folder"]).iterdir()) == [], "nobody of the story is mailed"
        refuse_a_second_on_the_same_folder(tmp_path)
    finally:
        seconds = run.end(signal.SIGINT)
    assert seconds < STOP_S, f"Ctrl-C took {seconds:.1f} s"


def test_the_commands_of_the_guides_run_beside_it_as_they_stand(tmp_path: Path) -> None:
    assert len(COMMANDS) == len(GUIDES)
    run = Run(tmp_path, free_port())
    (tmp_path / "keydesk-data").symlink_to(run.data_dir)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("KEYDESK_")}
    try:
        run.wait_until_ready()
        for block in COMMANDS:
            done = subprocess.run(
                ["sh", "-eu", "-c", block],
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    finally:
        run.end(signal.SIGTERM)


def refuse_a_second_on_the_same_folder(folder: Path) -> None:
    before = (folder / "data" / "demo.json").read_bytes()
    second = Run(folder, free_port())
    assert second.process.wait(START_S) == 3
    assert "Another server works on" in second.output()
    assert (folder / "data" / "demo.json").read_bytes() == before


def test_a_killed_run_holds_no_port_and_the_next_start_has_everything(tmp_path: Path) -> None:
    port = free_port()
    first = Run(tmp_path, port)
    first.wait_until_ready()
    before = json.loads((first.data_dir / "demo.json").read_text(encoding="utf-8"))
    first.end(signal.SIGKILL)
    second = Run(tmp_path, port)
    try:
        second.wait_until_ready()
        assert json.loads((second.data_dir / "demo.json").read_text(encoding="utf-8")) == before
    finally:
        second.end(signal.SIGTERM)


def test_an_empty_run_leads_to_the_first_owner(tmp_path: Path) -> None:
    run = Run(tmp_path, free_port(), "--empty")
    try:
        run.wait_until_ready()
        found = re.search(r"http://127\.0\.0\.1:\d+/console/first-owner\S+", run.output())
        assert found, run.output()
        assert answers(found.group())
        assert not (run.data_dir / "demo.json").exists()
        assert re.search(r"Test shop +key sk_test_\w+ +webhook secret whsec_\w+", run.output())
    finally:
        run.end(signal.SIGINT)
