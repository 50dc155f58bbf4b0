"""A vendor's customers and orders; purchases of another shop are reported here."""

from collections.abc import Iterator
from typing import Any

from keydesk import _vendor_answers as answers
from keydesk._vendor_calls import UNCHANGED, VendorCalls, each_row, given, part
from keydesk._vendor_records import Customer, Order, Page


class Customers:
    """The customers of one vendor. Scope: customers:read."""

    def __init__(self, calls: VendorCalls) -> None:
        self._calls = calls

    def list(
        self, *, email: str | None = None, q: str | None = None, limit: int = 25, after: str | None = None
    ) -> Page[Customer]:
        """One page, newest first. `q`: a part of a mail or a name."""
        query = {"email": email, "q": q, "limit": limit, "after": after}
        return answers.page(self._calls.read("/customers", query), answers.customer)

    def each(self, **filters: Any) -> Iterator[Customer]:
        """All that fit, asked for page by page while you read. Takes the filters of `list`."""
        return each_row(lambda after: self.list(**{"limit": 100, **filters, "after": after}))

    def get(self, customer_id: str) -> Customer:
        """One customer."""
        return answers.customer(self._calls.read(f"/customers/{part(customer_id, 'customer_id')}"))


class Orders:
    """The orders of one vendor. Scopes: orders:read, orders:write."""

    def __init__(self, calls: VendorCalls) -> None:
        self._calls = calls

    def record(
        self, *, email: str, plan_id: str, name: str = "", source: str | None = None, amount: int = 0,
        currency: str = "", quantity: int = 1, locale: str = "en", note: str = "", send_mail: bool = True,
        renews_license_id: str | None = None, idempotency_key: str | None = None,
    ) -> Order:  # fmt: skip
        """Report a purchase that another shop took the money for; its licenses come with their keys.

        `source`: the shop's own number of it (`woocommerce:123`). A source that is known makes nothing new
        and answers the same order without the keys, so a report may be repeated for ever; a report with
        another plan, e-mail, sum or quantity raises `Conflict` (`source_mismatch`). The same
        `idempotency_key` answers with the keys again. `amount` is in the smallest unit of `currency`.
        `quantity`: licenses, at most 100. `send_mail`: send the buyer the purchase mail with the keys; it is
        sent unless you say no, because an order is a sale and the buyer waits (`licenses.issue` sends none).

        `renews_license_id`: the money is for a renewal. This license gets one more term of the plan, from
        its end or from now when that is later; nothing is issued and no mail sent. `Conflict`
        (`license_not_renewable`): it has no end, was revoked, is a trial or part of a bundle, or the plan is
        for ever.
        """
        fields = given(
            email=email, plan_id=plan_id, name=name, source=UNCHANGED if source is None else source,
            amount=amount, currency=currency, quantity=quantity, locale=locale, note=note,
            send_mail=send_mail,
            renews_license_id=UNCHANGED if renews_license_id is None else renews_license_id,
        )  # fmt: skip
        return answers.order(self._calls.write("POST", "/orders", fields, key=idempotency_key))

    def list(
        self, *, email: str | None = None, source: str | None = None, limit: int = 25,
        after: str | None = None,
    ) -> Page[Order]:  # fmt: skip
        """One page, newest first."""
        query = {"email": email, "source": source, "limit": limit, "after": after}
        return answers.page(self._calls.read("/orders", query), answers.order)

    def each(self, **filters: Any) -> Iterator[Order]:
        """All that fit, asked for page by page while you read. Takes the filters of `list`."""
        return each_row(lambda after: self.list(**{"limit": 100, **filters, "after": after}))

    def get(self, order_id: str) -> Order:
        """One order."""
        return answers.order(self._calls.read(f"/orders/{part(order_id, 'order_id')}"))

    def report_refund(
        self, order_id: str, *, reason: str = "other", amount: int | None = None, revoke: bool | None = None,
        note: str = "", source: str | None = None, idempotency_key: str | None = None,
    ) -> Order:  # fmt: skip
        """The other shop gave money back. Without `amount` all of it, which revokes the licenses.

        `source`: the shop's own number of the refund (`woocommerce:refund-7`). One that the order knows is
        not counted again, so a report may be repeated for ever; one with another `amount` raises `Conflict`
        (`source_mismatch`).

        `reason`: installation, license_key, missing_feature, bug, lost_to_competitor or other. `revoke`: for
        a part that is given back, whether the licenses end. Raises `Conflict` for orders paid with Stripe.
        """
        fields = given(
            reason=reason, note=note, amount=UNCHANGED if amount is None else amount,
            revoke=UNCHANGED if revoke is None else revoke, source=UNCHANGED if source is None else source,
        )  # fmt: skip
        path = f"/orders/{part(order_id, 'order_id')}/refunds"
        return answers.order(self._calls.write("POST", path, fields, key=idempotency_key))
