"""Their library for the length of one act: over our guarded HTTP, with a deadline, its errors our facts."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from server.kernel import clock, outbound, settings
from server.kernel.errors import Conflict, NotFound, Unavailable

MAX_REPLY = 4 * 1024 * 1024
# What their library would tell besides (operating system, host) is nobody's business.
SENT_HEADERS = frozenset({"authorization", "content-type", "idempotency-key", "stripe-version", "accept"})


class StripeAway(Unavailable):
    """Stripe did not answer in time, or asked us to wait: nothing is lost, the same call again later."""

    code = "stripe_unavailable"
    title = "Stripe does not answer at the moment, please try again"


class StripeRefused(Conflict):
    """Stripe answered, and will not do it: a key that was revoked, a parameter it does not take.

    The field `declined` is one of `DECLINES` where a bank refused a card.
    """

    code = "stripe_refused"
    title = "Stripe refused this"


# What the bank says of a card, as far as it changes what to do next (docs.stripe.com/declines/codes).
DECLINED = "card_declined"  # and everything else that it says
DECLINES = frozenset(
    {
        DECLINED,
        "insufficient_funds",
        "expired_card",
        "incorrect_cvc",
        "authentication_required",
        "processing_error",
    }
)


class StripeUnknown(NotFound):
    """This account of Stripe has no such object."""

    code = "stripe_unknown"
    title = "The connected Stripe account does not know this purchase. Is it the right account?"


@dataclass(frozen=True)
class Access:
    """What a call needs, read from the database before it: no transaction is open while Stripe is asked."""

    connection_id: str
    api_key: str
    seconds: float  # for all calls of one act together


def call_key(access: Access, operation: str, params: Mapping[str, Any], cause: str) -> str:
    """Stripe refuses a key that comes again with other parameters: so they are part of it."""
    facts = json.dumps([access.connection_id, operation, params, cause], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()


@contextmanager
def client_of(access: Access) -> Iterator[Any]:
    """Their client for the length of one act; what it raises becomes one of our three facts."""
    import stripe

    base = settings.current().stripe_api_base
    http = _http_client()(clock.monotonic() + access.seconds)
    try:
        yield stripe.StripeClient(
            access.api_key,
            http_client=http,
            max_network_retries=0,
            base_addresses={"api": base} if base else {},
        )
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise StripeAway from error
    except stripe.InvalidRequestError as error:
        if error.http_status == 404:
            raise StripeUnknown from error
        raise StripeRefused(f"Stripe refused this: {error.user_message or error.code}") from error
    except stripe.CardError as error:
        words = f"Stripe refused this: {error.user_message or error.code}"
        raise StripeRefused(words, declined=_declined(error)) from error
    except stripe.StripeError as error:
        raise StripeRefused(f"Stripe refused this ({type(error).__name__})") from error


def _declined(error: Any) -> str:
    """The bank's reason says more than Stripe's code, where it gives one."""
    told = (error.json_body or {}).get("error", {})
    return next((code for code in (told.get("decline_code"), told.get("code")) if code in DECLINES), DECLINED)


@cache
def _http_client() -> Any:
    """A class of their library, so it can only be made once that is imported."""
    import stripe

    class GuardedHTTP(stripe.HTTPClient):
        name = "keydesk"

        def __init__(self, deadline: float) -> None:
            super().__init__()
            self._deadline = deadline

        def request(
            self, method: str, url: str, headers: Any, post_data: Any = None, **_more: Any
        ) -> tuple[str, int, Mapping[str, str]]:
            left = self._deadline - clock.monotonic()
            if left <= 0:
                raise stripe.APIConnectionError("out of time")  # type: ignore[no-untyped-call]  # theirs is untyped
            try:
                reply = outbound.request(
                    method.upper(),
                    url,
                    headers={name: text for name, text in headers.items() if name.lower() in SENT_HEADERS},
                    body=(post_data or "").encode(),
                    timeout=(min(2.0, left), left),
                    total=left,
                    max_bytes=MAX_REPLY,
                )
            except (outbound.Blocked, outbound.NoAnswer) as error:
                raise stripe.APIConnectionError(str(error)) from error  # type: ignore[no-untyped-call]  # as above
            return reply.body.decode("utf-8", "replace"), reply.status, reply.headers

        def close(self) -> None:
            """Every request has its own connection."""

    return GuardedHTTP
