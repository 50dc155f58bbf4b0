"""Waiting for a condition with a deadline, and ports that nobody listens on."""

import http.client
import itertools
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_S = 0.05

# Below the ports that the kernel gives to outgoing connections and to servers that ask for any port:
# one from up there was taken between the choice and the start, now and then. Each process walks a
# stretch of its own, so workers side by side do not choose the same.
LOWEST_PORT, STRETCHES, PORTS_EACH = 26_000, 66, 100
_first = LOWEST_PORT + os.getpid() % STRETCHES * PORTS_EACH
_ports = itertools.cycle(range(_first, _first + PORTS_EACH))


def wait_until(condition: Callable[[], T], seconds: float = 30.0, what: str = "the condition") -> T:
    """Ask until the answer is true and return it; AssertionError when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds:g} s (last answer: {answer!r})")
        time.sleep(PAUSE_S)


def answers(url: str, seconds: float = 2.0) -> bool:
    """Whether the address answers 200 right now."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as reply:
            return bool(reply.status == 200)
    except urllib.error.HTTPError as refused:
        refused.close()
        return False
    except (OSError, http.client.HTTPException):
        return False


def free_port() -> int:
    """A loopback port that nobody listens on and that nobody else is given soon."""
    for port in itertools.islice(_ports, PORTS_EACH):
        if port_is_free(port):
            return port
    raise AssertionError(f"all ports from {_first} to {_first + PORTS_EACH - 1} are taken")


def port_is_free(port: int) -> bool:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
