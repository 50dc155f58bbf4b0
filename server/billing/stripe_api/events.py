"""An event as it comes in: whose signature it bears, whether it is one at all, and what it is about."""

import json
import re
from dataclasses import dataclass
from typing import Any

from server.kernel import clock
from server.kernel.errors import BadRequest, Invalid
from server.kernel.json_guard import JsonInvalid

TOLERANCE_S = 300
EVENT_ID = re.compile(r"evt_[A-Za-z0-9_]{1,250}")
TYPE = re.compile(r"[!-~]{1,100}")
OBJECT_ID = re.compile(r"[!-~]{1,255}")
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# The object an event is about leads to the purchase; its content is never believed.
HANDLED = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "invoice.paid",
        "invoice.payment_failed",
        "invoice.payment_action_required",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.pending_update_expired",
        "customer.subscription.trial_will_end",
        "charge.refunded",
        "charge.refund.updated",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)


class SignatureInvalid(BadRequest):
    """Not signed by this connection's secret, or too far from now: all the same to a forger."""

    code = "signature_invalid"
    title = "The signature of this event does not fit"


@dataclass(frozen=True)
class About:
    """Which objects of Stripe an event names: (kind, id), the nearest to the purchase first."""

    objects: tuple[tuple[str, str], ...]

    def id_of(self, kind: str) -> str | None:
        """The first object of this kind."""
        return next((id for one, id in self.objects if one == kind), None)


def verify(raw: bytes, header: str, secrets: list[str]) -> dict[str, Any]:
    """The event in these bytes, when one of the secrets signed them less than 300 seconds away from now."""
    from stripe import SignatureVerificationError, WebhookSignature

    for secret in secrets:
        try:
            WebhookSignature.verify_header(raw, header, secret, TOLERANCE_S)
        except (SignatureVerificationError, ValueError, TypeError):
            continue  # ValueError: no UTF-8; TypeError: a mark outside ASCII cannot be compared
        if _signed_at(header) > clock.now().timestamp() + TOLERANCE_S:
            break  # theirs looks for old ones only: one of next year could be replayed until then
        return _event(raw)
    raise SignatureInvalid


def _signed_at(header: str) -> int:
    """The time that a verified header was signed with: the first, as their library reads it."""
    return next(int(item.split("=")[1]) for item in header.split(",") if item.startswith("t="))


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


def about(event: dict[str, Any]) -> About:
    """The ids in an event, and nothing else of it."""
    thing = (event.get("data") or {}).get("object") or {}
    kind, id = thing.get("object"), _text(thing.get("id"))
    found = [("checkout_session" if kind == "checkout.session" else kind, id)]
    found += [(name, _text(thing.get(name))) for name in ("subscription", "payment_intent", "charge")]
    if kind == "invoice":
        parent = (thing.get("parent") or {}).get("subscription_details") or {}
        found.append(("subscription", _text(parent.get("subscription"))))
    return About(tuple((str(one), id) for one, id in found if one and id))


def _text(value: Any) -> str | None:
    """An id, also out of an expanded object."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None
