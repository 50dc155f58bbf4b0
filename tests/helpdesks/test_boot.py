"""The Roundup that tests and `./run --helpdesk` boot: real, kept, and never left behind."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.helpdesks.roundup.agent import Agent
from tests.helpdesks.roundup.boot import Roundup, boot_roundup
from tests.tools.waiting import free_port, port_is_free, wait_until

ROOT = Path(__file__).parents[2]
STARTER = """
import sys
from pathlib import Path
from tests.helpdesks.roundup.boot import boot_roundup
boot_roundup(Path(sys.argv[1]), int(sys.argv[2]))
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def running() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def boot(running: ExitStack, folder: Path) -> Roundup:
    desk = boot_roundup(folder, free_port())
    running.callback(desk.stop)
    return desk


def test_an_agent_can_work_in_it(running: ExitStack, tmp_path: Path) -> None:
    agent = Agent(boot(running, tmp_path))

    issue_id = agent.open("Форма не работает")
    agent.answer(issue_id, "Смотрю", status="in-progress", files=[("log.txt", "line")])

    issue = agent.read(issue_id)
    assert (issue.title, issue.status) == ("Форма не работает", "in-progress")
    assert [(message.author, message.text) for message in issue.messages] == [("mira", "Смотрю")]
    assert issue.files == (("log.txt", b"line"),)


def test_its_pages_are_there_for_a_person(running: ExitStack, tmp_path: Path) -> None:
    desk = boot(running, tmp_path)

    with urllib.request.urlopen(f"{desk.url}issue", timeout=10) as page:
        assert b"List of issues" in page.read()


def test_a_kept_tracker_comes_back_on_another_port(running: ExitStack, tmp_path: Path) -> None:
    first = boot(running, tmp_path)
    issue_id = Agent(first).open("still here")
    first.stop()

    again = boot(running, tmp_path)

    assert again.url != first.url
    assert Agent(again).read(issue_id).title == "still here"


def test_it_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    port = free_port()
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path), str(port)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"up\n"
        assert not port_is_free(port)

        os.kill(starter.pid, signal.SIGKILL)
        starter.wait(10)

    wait_until(lambda: port_is_free(port), 30, "the end of Roundup")
