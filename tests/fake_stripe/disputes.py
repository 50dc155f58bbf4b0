"""A bank asks for the money of a charge, and decides; a refund that comes back undone."""

from __future__ import annotations

from tests.fake_stripe import other_objects
from tests.fake_stripe.errors import StripeFailure, invalid, missing
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.shop import Shop

FEE = 1_500
ENDS = {"won", "lost", "warning_closed"}


def open_dispute(shop: Shop, id: str, *, reason: str = "fraudulent", inquiry: bool = False) -> Thing:
    """An inquiry only asks; a dispute takes the money and a fee at once."""
    with shop.store.together():
        account, charge_id = shop.charge_of(id)
        charge = shop.store.load(charge_id)
        assert charge is not None
        status = "warning_needs_response" if inquiry else "needs_response"
        made = shop.create(account, other_objects.dispute(charge=charge, reason=reason, status=status))
        charge["disputed"] = True
        shop.store.save(account, charge)
        shop.announce(account, "charge.dispute.created", made)
        if not inquiry:
            _move(shop, account, made, -made["amount"], FEE, "funds_withdrawn")
    return made


def close_dispute(shop: Shop, id: str, status: str) -> Thing:
    with shop.store.together():
        owned = shop.store.owned(id)
        if owned is None or owned[1]["object"] != "dispute":
            raise missing("dispute", id)
        account, made = owned
        if status not in ENDS or made["status"] in ENDS:
            raise invalid("status", f"A dispute that is {made['status']} cannot become {status}.")
        made["status"] = status
        shop.store.save(account, made)
        shop.announce(account, "charge.dispute.closed", made)
        if status == "won":
            _move(shop, account, made, made["amount"], 0, "funds_reinstated")
    return made


def _move(shop: Shop, account: str, made: Thing, amount: int, fee: int, event: str) -> None:
    made["balance_transactions"].append(other_objects.moved_funds(dispute=made, amount=amount, fee=fee))
    shop.store.save(account, made)
    shop.announce(account, f"charge.dispute.{event}", made)


def fail_refund(shop: Shop, id: str) -> Thing:
    """The bank could not take the money back: it is the vendor's again."""
    with shop.store.together():
        owned = shop.store.owned(id)
        if owned is None or owned[1]["object"] != "refund":
            raise missing("refund", id)
        account, made = owned
        if made["status"] == "failed":
            raise StripeFailure(400, "This refund has failed already.")
        made.update(status="failed", failure_reason="unknown")
        shop.store.save(account, made)
        charge = shop.store.load(made["charge"])
        assert charge is not None
        charge["amount_refunded"] -= made["amount"]
        charge["refunded"] = False
        shop.store.save(account, charge)
        shop.announce(account, "refund.failed", made)
    return made
