"""The page of an activation mail as people see it: a choice among licenses, then a yes."""

from collections.abc import Callable

from sqlalchemy import select

from server.catalog.models import Product
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.secrets import unseal
from server.kernel.tenancy import resolve
from server.licensing.models import ActivationLink
from server.licensing.services.links import ask_for_activation, send_activation_link
from tests.conftest import Cast
from tests.server.pages.conftest import sell
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

OpenWindow = Callable[..., Window]
SITE = "https://new-home.example.com"
BUYER = "ana@buyer.example.com"


def test_who_has_two_licenses_chooses_one_and_confirms(served: Cast, new_window: OpenWindow) -> None:
    for _twice in range(2):
        sell(served)
    with writing():
        told = {"email": BUYER, "site_url": SITE, "site_uid": "e" * 32}
        product = resolve(Product, served.product.id)
        ask_for_activation(product, mode="live", now=clock.now(), **told)
        link = session.scalars(select(ActivationLink)).one()
        send_activation_link(link, clock.now())
        token = unseal(link.token_sealed, aad=f"activation_links:token_sealed:{link.id}")
        offered = link.license_id

    page = new_window().new_page()
    page.goto(f"{settings.current().public_url}/activate/{token}?lang=en")
    page.get_by_role("heading", name="Your other licenses with room for this site").wait_for()
    assert_accessible(page)
    look(page, "activate-choice", whole=True)

    page.get_by_role("button", name="Use this license instead").click()
    page.wait_for_load_state()
    session.rollback()
    assert session.scalars(select(ActivationLink.license_id)).one() != offered

    page.get_by_role("button", name=f"Activate on {SITE}").click()
    page.get_by_text(f"Go back to {SITE}").wait_for()
    assert_accessible(page)
