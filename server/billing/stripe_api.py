"""The one place that speaks with Stripe: their library over our guarded HTTP, their objects as facts."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from server.billing.state import Line, Snapshot
from server.kernel import clock, outbound, settings
from server.kernel.errors import BadRequest, Conflict, Invalid, NotFound, Unavailable
from server.kernel.json_guard import JsonInvalid

TOLERANCE_S = 300
TRY_S = 5.0
EVENT_ID = re.compile(r"evt_[A-Za-z0-9_]{1,250}")
TYPE = re.compile(r"[!-~]{1,100}")
OBJECT_ID = re.compile(r"[!-~]{1,255}")
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
MAX_REPLY = 4 * 1024 * 1024
# What their library would tell besides (operating system, host) is nobody's business.
SENT_HEADERS = frozenset({"authorization", "content-type", "idempotency-key", "stripe-version", "accept"})


class SignatureInvalid(BadRequest):
    """Not signed by this connection's secret, or too old: all the same to a forger."""

    code = "signature_invalid"
    title = "The signature of this event does not fit"


class StripeAway(Unavailable):
    """Stripe did not answer in time, or asked us to wait: nothing is lost, the same call again later."""

    code = "stripe_unavailable"
    title = "Stripe does not answer at the moment, please try again"


class StripeRefused(Conflict):
    """Stripe answered, and will not do it: a key that was revoked, a parameter it does not take."""

    code = "stripe_refused"
    title = "Stripe refused this"


class StripeUnknown(NotFound):
    """This account of Stripe has no such object."""

    code = "stripe_unknown"


@dataclass(frozen=True)
class Access:
    """What a call needs, read from the database before it: no transaction is open while Stripe is asked."""

    connection_id: str
    api_key: str
    seconds: float  # for all calls of one act together


@dataclass(frozen=True)
class Wish:
    """A sale to be opened. `metadata` comes back with the session and says what was sold."""

    product_name: str
    plan_name: str
    currency: str
    amount: int
    success_url: str
    cancel_url: str
    locale: str
    metadata: Mapping[str, str]


def verify(raw: bytes, header: str, secrets: list[str]) -> dict[str, Any]:
    """The event in these bytes, when one of the secrets signed them within the last 300 seconds."""
    from stripe import SignatureVerificationError, WebhookSignature

    for secret in secrets:
        try:
            WebhookSignature.verify_header(raw, header, secret, TOLERANCE_S)
        except (SignatureVerificationError, ValueError, TypeError):
            continue  # ValueError: no UTF-8; TypeError: a mark outside ASCII cannot be compared
        return _event(raw)
    raise SignatureInvalid


def try_key(api_key: str) -> None:
    """A read that needs the key, before it is stored; raises `StripeRefused` or `StripeAway` within 5 s."""
    with _client(Access("", api_key, TRY_S)) as client:
        client.v1.checkout.sessions.list({"limit": 1})


def open_session(access: Access, wish: Wish, *, cause: str) -> str:
    """Open a Checkout Session and answer its address. The same cause and wish give the same session."""
    params: dict[str, Any] = {
        "mode": "payment",
        "line_items": [
            {
                "price_data": {
                    "currency": wish.currency,
                    "unit_amount": wish.amount,
                    "product_data": {"name": f"{wish.product_name} – {wish.plan_name}"},
                },
                "quantity": 1,
            }
        ],
        "success_url": wish.success_url,
        "cancel_url": wish.cancel_url,
        "locale": wish.locale,
        "metadata": dict(wish.metadata),
        "payment_intent_data": {"metadata": dict(wish.metadata)},
    }
    with _client(access) as client:
        made = client.v1.checkout.sessions.create(
            params, {"idempotency_key": _key(access, "checkout", params, cause)}
        )
    if not made.url:
        raise StripeRefused("Stripe opened no page for this purchase")
    return str(made.url)


def fetch_snapshot(access: Access, session_id: str) -> Snapshot:
    """The whole purchase as it stands at Stripe now, in one call."""
    wanted: Any = {"expand": ["line_items", "payment_intent.latest_charge"]}
    with _client(access) as client:
        found = client.v1.checkout.sessions.retrieve(session_id, wanted).to_dict()
    return _snapshot(found)


def session_of_intent(access: Access, payment_intent: str) -> str | None:
    """The Checkout Session that took this payment, if one did."""
    with _client(access) as client:
        found = client.v1.checkout.sessions.list({"payment_intent": payment_intent, "limit": 1})
    return found.data[0].id if found.data else None


def intent_of_charge(access: Access, charge: str) -> str | None:
    """The payment intent of a charge, if it has one."""
    with _client(access) as client:
        intent = client.v1.charges.retrieve(charge).payment_intent
    return intent if isinstance(intent, str) else None


def _event(raw: bytes) -> dict[str, Any]:
    """Signed is not yet well formed: what no Stripe sends is refused before it is written."""
    if NUL.search(raw):
        raise JsonInvalid("A text in the body holds a NUL character")
    try:
        event = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise JsonInvalid from error
    if not isinstance(event, dict):
        raise JsonInvalid("The body must be a JSON object")
    data = event.get("data")
    about = data.get("object") if isinstance(data, dict) else None
    shapes = (
        ("/id", EVENT_ID, event.get("id")),
        ("/type", TYPE, event.get("type")),
        ("/data/object", OBJECT_ID, about.get("id", "none") if isinstance(about, dict) else None),
    )
    wrong = [
        {"pointer": pointer, "code": "invalid", "message": "No event of Stripe looks like this."}
        for pointer, shape, value in shapes
        if not isinstance(value, str) or not shape.fullmatch(value)
    ]
    if wrong:
        raise Invalid(errors=wrong)
    return event


def _key(access: Access, operation: str, params: Mapping[str, Any], cause: str) -> str:
    """Stripe refuses a key that comes again with other parameters: so they are part of it."""
    facts = json.dumps([access.connection_id, operation, params, cause], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()


def _snapshot(found: dict[str, Any]) -> Snapshot:
    intent = found.get("payment_intent") or {}
    charge = intent.get("latest_charge") or {}
    buyer = found.get("customer_details") or {}
    return Snapshot(
        session_id=found["id"],
        status=found["status"] or "",
        payment_status=found["payment_status"],
        intent_id=intent.get("id"),
        intent_status=intent.get("status"),
        charge_id=charge.get("id"),
        charged_at=charge.get("created"),
        refunded=bool(charge.get("refunded")),
        email=buyer.get("email") or found.get("customer_email") or "",
        name=buyer.get("name") or "",
        amount=found.get("amount_total") or 0,
        currency=found.get("currency") or "",
        lines=tuple(
            Line(line["id"], line.get("quantity") or 1)
            for line in (found.get("line_items") or {}).get("data", ())
        ),
        metadata=dict(found.get("metadata") or {}),
    )


@contextmanager
def _client(access: Access) -> Iterator[Any]:
    """Their client for the length of one call; what it raises becomes one of our three facts."""
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
    except stripe.StripeError as error:
        raise StripeRefused(f"Stripe refused this ({type(error).__name__})") from error


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
