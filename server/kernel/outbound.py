"""The only way out over HTTP: addresses are checked before and after connecting, size and time are capped."""

import ipaddress
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from server.kernel import settings

# Python's is_global says True for these, and they reach private or embedded addresses
NOT_PUBLIC = tuple(
    ipaddress.ip_network(net)
    for net in (
        "64:ff9b::/96 64:ff9b:1::/48 2002::/16 ::/96 fec0::/10 5f00::/16 192.88.99.0/24 192.0.0.0/24 "
        "224.0.0.0/4 ff00::/8 3fff::/20 2001:20::/28 100.64.0.0/10"
    ).split()
)
NEVER = tuple(ipaddress.ip_network(net) for net in ("169.254.0.0/16", "fd00:ec2::254/128"))
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Blocked(Exception):
    """The address may not be reached from here. The operator may allow it: KEYDESK_OUTBOUND_ALLOW."""


class NoAnswer(Exception):
    """No usable answer came. `sent` tells whether the request may have reached the other side."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


@dataclass(frozen=True)
class Reply:
    """What came back. Header names are lower-case; the body is at most the asked number of bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class _Target:
    """Where a request goes, and whether the operator's list opens this place."""

    scheme: str
    host: str
    port: int
    allowed: bool = field(default=False)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout: tuple[float, float] = (5, 15),
    total: float = 15.0,
    max_bytes: int = 65_536,
) -> Reply:
    """Send one request. No redirects, no environment proxies, TLS verified, no decompression.

    Raises `Blocked` before anything was sent, `NoAnswer` when no usable answer came.
    """
    target = _target_of(url)
    _check_all(target)
    deadline = time.monotonic() + total
    with requests.Session() as http:
        http.trust_env = False
        http.mount(f"{target.scheme}://", _PeerCheckingAdapter(target))
        try:
            answer = http.request(
                method,
                url,
                data=body,
                headers={"User-Agent": "Keydesk", "Accept-Encoding": "identity", **(headers or {})},
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
            with answer:  # one that is given up half-way is in no pool that the session could close
                content = b"".join(_read(answer, max_bytes, deadline))
        except (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError) as error:
            raise NoAnswer(type(error).__name__, sent=False) from error
        except requests.exceptions.ConnectionError as error:
            raise NoAnswer("ConnectionError", sent=not _never_connected(error)) from error
        except requests.exceptions.RequestException as error:
            raise NoAnswer(type(error).__name__, sent=True) from error
    return Reply(answer.status_code, {key.lower(): value for key, value in answer.headers.items()}, content)


def check_address(address: str, *, allowed: bool = False) -> None:
    """Refuse an IP address that is not public, unless the operator's list opened the place."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if any(parsed in net for net in NEVER):
        raise Blocked(f"{address} is never reachable from here")
    if not allowed and not _is_public(parsed):
        raise Blocked(f"{address} is not a public address")


def _target_of(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Blocked("the address cannot be read") from error
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.password is not None:
        raise Blocked("only plain http(s) addresses without user names are reachable")
    port = port or (443 if parts.scheme == "https" else 80)
    allowed = _operator_allows(host, port)
    if not allowed and (parts.scheme != "https" or port not in {443, 8443}):
        raise Blocked("only https on port 443 or 8443 is reachable")
    return _Target(parts.scheme, host, port, allowed)


def _operator_allows(host: str, port: int) -> bool:
    """Entries are `host:port` or a CIDR; a CIDR opens every port of addresses inside it."""
    for entry in settings.current().outbound_allow:
        if entry.lower() == f"{host}:{port}":
            return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry):
                return True
        except ValueError:
            continue
    return False


def _check_all(target: _Target) -> None:
    """Every address of the name must pass, not only the first."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer("NameNotFound", sent=False) from error
    for *_, address in found:
        check_address(str(address[0]), allowed=target.allowed)


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in net for net in NOT_PUBLIC)


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    return any(word in str(error) for word in ("NewConnectionError", "NameResolutionError", "ConnectTimeout"))


def _read(answer: requests.Response, max_bytes: int, deadline: float) -> Iterator[bytes]:
    taken = 0
    for chunk in answer.iter_content(16_384):
        taken += len(chunk)
        if taken > max_bytes:
            raise NoAnswer("TooLarge", sent=True)
        if time.monotonic() > deadline:
            raise NoAnswer("TooSlow", sent=True)
        yield chunk


class _PeerCheckingAdapter(HTTPAdapter):
    """Checks the address really connected to, before a byte is sent: a name cannot be rebound in between."""

    def __init__(self, target: _Target) -> None:
        self.target = target
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = _checking_pools(self.target)


def _checking_pools(target: _Target) -> dict[str, type[HTTPConnectionPool]]:
    def check(connection: HTTPConnection) -> None:
        peer = connection.sock.getpeername()[0]
        try:
            check_address(str(peer), allowed=target.allowed)
        except Blocked:
            connection.close()
            raise

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            check(self)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            check(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
