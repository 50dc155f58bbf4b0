"""The project's own server as a process, as `./run` starts it: on a free port, with its own data folder."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tools.processes import Program, start, wait_for_answer
from tests.tools.waiting import port_is_free, wait_until

COMMAND = Path(sys.executable).with_name("keydesk-server")
REPOSITORY = Path(__file__).parents[2]
START_S = 60.0  # a cold start migrates and seeds, on a machine that does other things too
STOP_S = 5.0  # the promise of `./run`: Ctrl-C stops everything within this time


@dataclass
class KeydeskServer:
    """A running server; its settings are `environment`, on top of nothing but PATH and HOME."""

    port: int
    data_dir: Path
    environment: dict[str, str]
    demo: bool
    program: Program

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def demo_facts(self) -> dict[str, Any]:
        """What the demo wrote down about itself: addresses, log-in and keys."""
        facts: dict[str, Any] = json.loads((self.data_dir / "demo.json").read_text())
        return facts

    def stop(self) -> None:
        """End it as a service manager would, and by force when it takes too long."""
        self.program.stop()

    def interrupt(self) -> int:
        """Ctrl-C; its exit status. AssertionError when it is not gone within the promised time."""
        self.program.send(signal.SIGINT)
        return self.program.wait(STOP_S)

    def kill_hard(self) -> None:
        """`kill -9` of the supervisor alone; its children have to give the port back by themselves."""
        self.program.kill_hard()
        wait_until(lambda: port_is_free(self.port), START_S, "the killed server's port")

    def restart(self) -> None:
        """Start again on the same port and data, after whatever end."""
        if self.program.running:
            self.stop()
        self.program = _launch(self.port, self.data_dir, self.environment, demo=self.demo)

    def log(self) -> str:
        return self.program.said(400)


def start_keydesk(
    port: int, data_dir: Path, settings: Mapping[str, str] | None = None, *, demo: bool = False
) -> KeydeskServer:
    """Start the server and wait until /healthz answers. Settings are the KEYDESK_* variables."""
    data_dir.mkdir(parents=True, exist_ok=True)
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= settings or {}
    program = _launch(port, data_dir, environment, demo=demo)
    return KeydeskServer(port, data_dir, environment, demo, program)


def _launch(port: int, data_dir: Path, environment: dict[str, str], *, demo: bool) -> Program:
    words = ["serve", "--port", str(port), "--data-dir", str(data_dir)]
    program = start(
        [COMMAND, *words, *(["--demo"] if demo else [])],
        log=data_dir.parent / f"{data_dir.name}-server.log",
        env=environment,
        cwd=REPOSITORY,
        grace_s=STOP_S,
    )
    try:
        wait_for_answer(program, f"http://127.0.0.1:{port}/healthz", START_S)
    except BaseException:
        program.stop()
        raise
    return program
