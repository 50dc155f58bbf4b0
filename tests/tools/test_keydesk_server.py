"""The server as a process: it comes back on the same data after any end, and leaves nothing behind."""

from pathlib import Path

import pytest

from tests.tools.fixtures import StartServer
from tests.tools.processes import process_is_gone
from tests.tools.waiting import answers, port_is_free, wait_until

pytestmark = pytest.mark.timeout(240)
DEVELOPMENT = {"KEYDESK_ENV": "development"}


def test_a_killed_server_comes_back_on_the_same_data(start_server: StartServer) -> None:
    server = start_server(DEVELOPMENT, demo=True)
    before = server.demo_facts()
    children = children_of(server.program.pid)

    server.kill_hard()
    wait_until(lambda: all(map(process_is_gone, children)), 5, "the end of web and worker")
    server.restart()

    assert server.demo_facts() == before
    assert answers(f"{server.url}/healthz")


def test_ctrl_c_ends_everything_in_the_promised_time(start_server: StartServer) -> None:
    server = start_server(DEVELOPMENT)
    children = children_of(server.program.pid)

    assert server.interrupt() == 0

    assert len(children) == 2
    assert all(map(process_is_gone, children))
    assert port_is_free(server.port)


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
