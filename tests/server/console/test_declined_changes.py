"""A change of plan that the customer's bank refuses: the desk reads what it means, and Stripe's own words."""

import re

import pytest

from tests.server.billing.conftest import (  # noqa: F401  fixtures
    Till,
    connection,
    shop,
    stripe_process,
    till,
)
from tests.server.console.conftest import Browser


@pytest.mark.parametrize(
    ("fault", "ours"),
    [
        ({"kind": "decline", "code": "insufficient_funds"}, "not enough money on the customer's card"),
        ({"kind": "decline", "code": "expired_card"}, "The customer's card has expired"),
        ({"kind": "decline", "code": "do_not_honor"}, "The customer's bank declined the card"),
        ({"kind": "refuse"}, ""),
    ],
)
def test_ours_stands_beside_stripes_words(
    desk: Browser,
    till: Till,  # noqa: F811
    fault: dict[str, str],
    ours: str,
) -> None:
    till.sell(price_id=till.price())
    till.catch_up()
    wanted = {"price": till.price("agency", amount=2_900, seats=25), "note": ""}
    path = f"/orders/{till.order().id}"
    proof = re.findall(r'name="proof" value="([^"]+)"', desk.send(f"{path}/plan", wanted, page=path).text)[0]
    till.shop.fail({**fault, "path": "/v1/subscriptions"})

    answer = desk.send(f"{path}/plan", wanted | {"cost_of": wanted["price"], "proof": proof}, page=path)
    told = re.findall(r'id="error-plan-price">(.*?)</p>', answer.text)[0].replace("&#39;", "'")
    theirs = f"Your card was refused ({fault['code']})." if ours else "Your account cannot do this."
    assert ours in told
    assert told.endswith(f"Stripe refused this: {theirs}")
