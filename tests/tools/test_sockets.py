"""No test reaches beyond this machine."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError

from tests.tools.waiting import free_port


@pytest.mark.filterwarnings("ignore:A test tried to use")
def test_a_foreign_address_is_refused_before_a_packet_leaves() -> None:
    with socket.socket() as door, pytest.raises(SocketConnectBlockedError):
        door.connect(("192.0.2.1", 80))


def test_loopback_is_reached() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
