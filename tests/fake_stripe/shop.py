"""What happens to a purchase: paid, settled late, expired, given back; each leaves its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fake_stripe import objects
from tests.fake_stripe.deliveries import Sender
from tests.fake_stripe.errors import StripeFailure, invalid, missing
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.store import Store

_NEXT_TO_CHARGE = {"checkout.session": "payment_intent", "payment_intent": "latest_charge"}


@dataclass
class Failure:
    """A fault switched on by a test: it meets calls whose path begins with `path`, `times` times."""

    kind: str
    path: str = "/v1/"
    times: int | None = None
    seconds: float = 0.0
    code: str = "card_declined"


@dataclass
class Shop:
    store: Store
    sender: Sender
    url_base: str
    patience_s: float = 3600.0
    failures: list[Failure] = field(default_factory=list)

    def create(self, account: str, thing: Thing) -> Thing:
        self.store.save(account, thing)
        return thing

    def settle(self, session_id: str, *, succeeded: bool) -> Thing:
        """The bank answered after days."""
        with self.store.together():
            account, session = self.session(session_id, status="complete")
            if session["payment_status"] != "unpaid":
                raise invalid("session", "This session is settled already.")
            intent = self._must_load(account, session["payment_intent"])
            if succeeded:
                details = session["customer_details"]
                self.charge(account, intent, details["email"], details["name"])
                session["payment_status"] = "paid"
            else:
                intent["status"] = "requires_payment_method"
            self.store.save(account, intent)
            self.store.save(account, session)
            outcome = "succeeded" if succeeded else "failed"
            self.announce(account, f"checkout.session.async_payment_{outcome}", session)
        return session

    def expire(self, session_id: str, *, account: str | None = None) -> Thing:
        with self.store.together():
            owner, session = self.session(session_id, status="open", account=account)
            session.update(status="expired", url=None)
            self.store.save(owner, session)
            self.announce(owner, "checkout.session.expired", session)
        return session

    def refund(self, account: str, charge_id: str, *, amount: int | None, **more: Any) -> Thing:
        with self.store.together():
            charge = self.store.load(charge_id, account=account, kind="charge")
            if charge is None:
                raise missing("charge", charge_id)
            if charge["disputed"] and self._is_disputed(account, charge_id):
                raise StripeFailure(400, f"Charge {charge_id} has been charged back.", code="charge_disputed")
            left = charge["amount"] - charge["amount_refunded"]
            if left == 0:
                raise StripeFailure(
                    400, f"Charge {charge_id} has already been refunded.", code="charge_already_refunded"
                )
            if amount is not None and amount > left:
                raise invalid("amount", f"Refund amount ({amount}) is greater than what is left ({left})")
            refund = self.create(account, objects.refund(charge=charge, amount=amount or left, **more))
            previous = {"amount_refunded": charge["amount_refunded"], "refunded": False}
            charge["amount_refunded"] += refund["amount"]
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            self.store.save(account, charge)
            self.announce(account, "charge.refunded", charge, previous)
        return refund

    def _is_disputed(self, account: str, charge_id: str) -> bool:
        disputes = self.store.newest_first(account, "dispute")
        return any(
            one["charge"] == charge_id and not one["is_charge_refundable"] and one["status"] != "won"
            for one in disputes
        )

    def announce(self, account: str, type: str, about: Thing, previous: Thing | None = None) -> Thing:
        """Store the event and owe its delivery in the same transaction as the change it tells of."""
        event = objects.event(type=type, about=without_private(about), previous=previous)
        self.store.save(account, event)
        known = self.store.account(account)
        if known is not None and known.hook_url:
            self.store.owe_delivery(account, event["id"], patience_s=self.patience_s)
            self.sender.wake()
        return event

    def charge_of(self, id: str) -> tuple[str, str]:
        """Account and charge id for a charge, a payment intent or a paid session."""
        owned = self.store.owned(id)
        if owned is None:
            raise missing("charge", id)
        account, thing = owned
        follow = _NEXT_TO_CHARGE.get(thing["object"])
        if follow is None:
            return account, id
        if thing[follow] is None:
            raise invalid("charge", f"{id} has not been paid.")
        return self.charge_of(thing[follow])

    def session(self, id: str, *, status: str, account: str | None = None) -> tuple[str, Thing]:
        owned = self.store.owned(id)
        if owned is None or owned[1]["object"] != "checkout.session" or account not in (None, owned[0]):
            raise missing("checkout.session", id)
        if owned[1]["status"] != status:
            raise invalid("session", f"This session is {owned[1]['status']}, not {status}.")
        return owned

    def charge(self, account: str, intent: Thing, email: str | None, name: str | None) -> None:
        charge = self.create(account, objects.charge(intent=intent, email=email, name=name))
        intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"])

    def _must_load(self, account: str, id: str) -> Thing:
        found = self.store.load(id, account=account)
        if found is None:
            raise missing("object", id)
        return found


def without_private(thing: Thing) -> Thing:
    return {key: value for key, value in thing.items() if not key.startswith("_")}
