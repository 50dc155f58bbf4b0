"""Programs that a test starts: each has a log file, a deadline for its end, and dies with the test."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.tools.waiting import answers, wait_until

KEEPER = Path(__file__).with_name("keeper.py")


class ProgramFailed(Exception):
    """The program could not be started, or ended by itself before it was of use."""


@dataclass
class Program:
    """A running program, its own process id (not the keeper's) and its log."""

    name: str
    pid: int
    log: Path
    grace_s: float
    keeper: "subprocess.Popen[str]"

    @property
    def running(self) -> bool:
        return self.keeper.poll() is None

    def send(self, number: signal.Signals) -> None:
        """A signal to the program itself, not to its children."""
        os.kill(self.pid, number)

    def kill_hard(self) -> None:
        """`kill -9` of the program alone; what it started has to notice by itself."""
        self.send(signal.SIGKILL)
        self.wait(10)

    def wait(self, seconds: float) -> int:
        """Its exit status (128 + n after signal n); AssertionError when it is still there after the time."""
        try:
            status = self.keeper.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {seconds:g} s\n{self.said()}") from None
        self._close()
        return status

    def stop(self) -> None:
        """End the program and its group: politely, and by force when `grace_s` is over."""
        if self.keeper.stdin and not self.keeper.stdin.closed:
            self.keeper.stdin.close()
        self.wait(self.grace_s + 5)
        self._end_stragglers()

    def said(self, lines: int = 40) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _end_stragglers(self) -> None:
        """What stayed behind in the program's group after it was killed alone."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def _close(self) -> None:
        for pipe in (self.keeper.stdin, self.keeper.stdout):
            if pipe and not pipe.closed:
                pipe.close()


def start(
    argv: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str = "",
    grace_s: float = 5.0,
) -> Program:
    """Start a program that ends with this process; what it prints is added to `log`."""
    words = [str(word) for word in argv]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as paper:
        keeper = subprocess.Popen(
            [sys.executable, "-I", str(KEEPER), str(grace_s), user, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=paper,
            text=True,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
        )
    assert keeper.stdout is not None
    word, _, rest = keeper.stdout.readline().strip().partition(" ")
    program = Program(Path(words[0]).name, int(rest) if word == "pid" else 0, log, grace_s, keeper)
    if word != "pid":
        program.stop()
        raise ProgramFailed(f"{words[0]} did not start: {rest}\n{program.said()}")
    return program


def wait_for_answer(program: Program, url: str, seconds: float) -> None:
    """Until `url` answers 200; a program that ended meanwhile fails at once, with the end of its log."""

    def ready() -> bool:
        if not program.running:
            raise ProgramFailed(f"{program.name} ended before it answered\n{program.said()}")
        return answers(url)

    try:
        wait_until(ready, seconds, f"an answer of {url}")
    except AssertionError as late:
        raise ProgramFailed(f"{late}\n{program.said()}") from None


def process_is_gone(pid: int) -> bool:
    """Whether no living process has this number (a zombie lives no more)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}
