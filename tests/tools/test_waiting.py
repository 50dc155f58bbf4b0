"""Ports for servers that a test starts later."""

from pathlib import Path

import pytest

from tests.tools.waiting import PORTS_EACH, free_port

KERNELS_CHOICE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not KERNELS_CHOICE.exists(), reason="this system does not tell its own ports")
def test_a_port_is_none_that_the_kernel_gives_away() -> None:
    lowest, highest = map(int, KERNELS_CHOICE.read_text().split())
    assert not lowest <= free_port() <= highest


def test_a_port_does_not_come_again_soon() -> None:
    ports = [free_port() for _ in range(PORTS_EACH // 2)]
    assert len(set(ports)) == len(ports)
