"""What programmers read, the page of the API and that of a refusal: without barriers, also on a phone."""

from collections.abc import Callable

from server.kernel import settings
from tests.conftest import Cast
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

OpenWindow = Callable[..., Window]
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def test_the_page_of_the_api_leads_to_each_call(served: Cast, new_window: OpenWindow) -> None:
    page = new_window().new_page()
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{settings.current().public_url}/docs/api")

    page.get_by_role("link", name="GET /v1/vendor/products", exact=True).click()

    assert page.url.endswith("#get-v1-vendor-products")
    products = page.locator("#get-v1-vendor-products")
    assert "with the scope catalog:read" in products.inner_text()
    assert "data[].plans[].price.amount" in products.inner_text()
    assert "from 1, to 100" in products.inner_text()
    activation = page.locator("#post-v1-activations").inner_text()
    assert "Idempotency-Key" in activation
    assert "one of production, staging, development, local" in activation
    assert "at most 2048 characters" in activation
    assert "`" not in page.locator("body").inner_text()
    assert not page.evaluate(TOO_WIDE)
    assert page.locator("script").count() == 0
    assert_accessible(page)
    look(page, "api", whole=True)


def test_the_page_of_a_refusal_is_readable(served: Cast, new_window: OpenWindow) -> None:
    page = new_window().new_page()
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{settings.current().public_url}/problems/seat_limit_reached")

    page.get_by_role("heading", name="All sites of this license are in use").wait_for()
    assert not page.evaluate(TOO_WIDE)
    assert_accessible(page)
