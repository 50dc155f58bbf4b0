"""Programs that tests start: they answer, say what went wrong, and never outlive the test."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.processes import ProgramFailed, process_is_gone, start, wait_for_answer
from tests.tools.waiting import free_port, port_is_free, wait_until

REPOSITORY = Path(__file__).parents[2]
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('deaf', flush=True); time.sleep(60)"
)


def test_a_program_runs_until_it_is_stopped(tmp_path: Path) -> None:
    port = free_port()
    server = start(
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"], log=tmp_path / "log"
    )
    wait_for_answer(server, f"http://127.0.0.1:{port}/", 20)

    server.stop()

    assert process_is_gone(server.pid)
    assert port_is_free(port)


def test_a_program_that_ends_before_it_answers_is_shown_with_its_last_words(tmp_path: Path) -> None:
    program = start([sys.executable, "-c", "raise SystemExit('no disk left')"], log=tmp_path / "log")

    with pytest.raises(ProgramFailed, match="no disk left"):
        wait_for_answer(program, "http://127.0.0.1:9/", 20)
    program.stop()


def test_a_program_that_is_not_there_fails_at_once(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match="did not start"):
        start([tmp_path / "nothing"], log=tmp_path / "log")


def test_a_program_deaf_to_politeness_is_ended_by_force(tmp_path: Path) -> None:
    program = start([sys.executable, "-c", STUBBORN], log=tmp_path / "log", grace_s=0.2)
    wait_until(lambda: "deaf" in program.said(), 30, "the program")

    program.stop()

    assert program.wait(1) == 128 + signal.SIGKILL


def test_a_hard_kill_ends_the_program_and_not_its_child(tmp_path: Path) -> None:
    parent = (
        "import subprocess, sys, time; child = subprocess.Popen(['sleep', '60']);"
        " print(child.pid, flush=True); time.sleep(60)"
    )
    program = start([sys.executable, "-c", parent], log=tmp_path / "log")
    child = int(wait_until(program.said, 30, "the child's number"))

    program.kill_hard()
    assert process_is_gone(program.pid)
    assert not process_is_gone(child)

    program.stop()
    wait_until(lambda: process_is_gone(child), 30, "the end of the child left behind")


def test_a_program_ends_when_the_test_process_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from tests.tools.processes import start;"
        f" print(start(['sleep', '60'], log=Path({str(tmp_path / 'log')!r})).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as test:
        assert test.stdout is not None
        pid = int(test.stdout.readline())
        os.kill(test.pid, signal.SIGKILL)

    wait_until(lambda: process_is_gone(pid), 30, "the end of the orphan")


def test_a_condition_that_never_comes_fails_with_its_name() -> None:
    with pytest.raises(AssertionError, match=r"the blue moon did not come within 0\.1 s"):
        wait_until(lambda: False, 0.1, "the blue moon")
