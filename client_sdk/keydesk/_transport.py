"""The one seam to the network: a request goes in, a response comes out. Everything else in here is pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from keydesk.errors import Unreachable, UnreadableAnswer

if TYPE_CHECKING:
    import requests

LARGEST_ANSWER = 4 * 1024 * 1024
CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, complete. `headers` may hold secrets and are kept out of the repr."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. Header names are lower case; the body is decoded from gzip, never from text."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport(Protocol):
    """Give an own one to `Keydesk(transport=...)` to use another HTTP library, a proxy, or a test double.

    `send` follows no redirect, repeats nothing, and raises `Unreachable(sent=...)` when no whole answer came;
    `sent` is False only when the server cannot have seen the request.
    """

    def send(self, request: Request, *, timeout_s: float) -> Response: ...


class RequestsTransport:
    """The transport over requests, which is imported with the first call.

    One connection pool for each instance.
    """

    def __init__(self) -> None:
        self._session: requests.Session | None = None

    def send(self, request: Request, *, timeout_s: float) -> Response:
        """Send once. `timeout_s` is the longest silence of the server; connecting may take 5 s."""
        import requests  # here, because it costs more than all of this package

        self._session = self._session or requests.Session()
        try:
            answer = self._session.request(
                request.method, request.url, headers=dict(request.headers), data=request.body,
                timeout=(min(CONNECT_TIMEOUT_S, timeout_s), timeout_s), allow_redirects=False, stream=True,
                auth=_as_it_is,
            )  # fmt: skip
            with answer:
                return Response(answer.status_code, _lower(answer.headers), _body_of(answer))
        except requests.ConnectTimeout as error:
            raise Unreachable(f"no connection: {type(error).__name__}", sent=False) from error
        except requests.RequestException as error:
            raise Unreachable(f"no answer: {type(error).__name__}", sent=True) from error


def _as_it_is(prepared: "requests.PreparedRequest") -> "requests.PreparedRequest":
    # Without an own auth, requests would put a password of ~/.netrc into Authorization, over our token.
    return prepared


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _body_of(answer: "requests.Response") -> bytes:
    body = bytearray()
    for piece in answer.iter_content(64 * 1024):
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise UnreadableAnswer("the answer is larger than any answer of Keydesk")
    return bytes(body)
