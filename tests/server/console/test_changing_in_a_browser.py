"""The desk sees what another plan costs before a customer is charged for it."""

from collections.abc import Callable

from playwright.sync_api import expect

from server.kernel.settings import current
from tests.server.billing.conftest import (  # noqa: F401  fixtures
    Till,
    connection,
    on_air,
    shop,
    stripe_process,
    till,
)
from tests.server.console.test_in_a_browser import enter
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look


def test_the_cost_stands_at_the_button_before_anything_is_charged(
    till: Till,  # noqa: F811  it is the fixture
    on_air: str,  # noqa: F811
    new_window: Callable[..., Window],
) -> None:
    till.sell(price_id=till.price())
    till.catch_up()
    till.price("agency", amount=2_900, seats=25)
    page = enter(new_window(), till.cast)
    page.goto(f"{current().public_url}/console/orders/{till.order().id}")
    page.get_by_role("button", name="See what it costs").press("Enter")

    charge = page.get_by_role("button", name="Change the plan and charge €")
    expect(charge).to_be_focused()
    assert till.license().plan.code == "monthly"
    assert_accessible(page)
    look(page, "order-plan-cost", whole=True)
    charge.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("The plan is changed.")
    assert till.license().plan.code == "agency"
