"""The refusals of the double, in the shape in which Stripe words its own."""

from __future__ import annotations

from typing import Any


class StripeFailure(Exception):
    """An answer of 4xx or 5xx with Stripe's error object."""

    def __init__(
        self, status: int, message: str, *, type: str = "invalid_request_error", **more: str | None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"error": {"message": message, "type": type, **more}}


def missing(kind: str, id: str) -> StripeFailure:
    return StripeFailure(404, f"No such {kind}: '{id}'", code="resource_missing", param="id")


def required(param: str) -> StripeFailure:
    return StripeFailure(400, f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid(param: str, message: str) -> StripeFailure:
    return StripeFailure(400, message, code="parameter_invalid", param=param)


# docs.stripe.com/declines/codes: these come as `decline_code` of `card_declined`, others as `code` itself.
OF_THE_BANK = frozenset({"insufficient_funds", "do_not_honor"})


def declined(code: str) -> StripeFailure:
    """The bank says no to a card."""
    told = {"code": "card_declined", "decline_code": code} if code in OF_THE_BANK else {"code": code}
    return StripeFailure(402, f"Your card was refused ({code}).", type="card_error", **told)
