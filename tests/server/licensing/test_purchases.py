"""A purchase mail leads to a page whose button activates one site, without the key in any address."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from server.customers.site_address import SiteUrlInvalid
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.errors import NotFound
from server.licensing.models import License, PurchasePage
from server.licensing.services import (
    Activated,
    Site,
    activate_by_code,
    mint_activation_code,
    open_purchase_page,
    purchase_page_address,
    resend_purchase_mail,
    revoke_license,
    send_purchase_mail,
)
from server.licensing.services.purchases import license_screen
from server.licensing.services.refusals import (
    AlreadyActive,
    LicenseRevoked,
    PageExpired,
    TransferCodeInvalid,
    TransferCodeUsed,
)
from server.mail.models import Mail
from tests.conftest import NOON
from tests.server.licensing.conftest import uid_of

SHOP = "https://shop-1.example.com"


@pytest.fixture
def page(license: License) -> PurchasePage:
    """The page of a purchase that began on the shop's own site."""
    with writing():
        return send_purchase_mail(license, site_url=SHOP, admin_url=f"{SHOP}/wp/wp-admin/", cause="order:1")


def test_one_cause_sends_one_mail_with_the_key_and_the_page(
    page: PurchasePage, sold: tuple[License, str]
) -> None:
    with writing():
        again = send_purchase_mail(sold[0], cause="order:1")

    mail = session.scalars(select(Mail)).one()
    assert again.id == page.id
    assert (mail.to_address, mail.locale) == ("ana@buyer.example.com", "ro")
    assert sold[1] in mail.text
    assert purchase_page_address(page) in mail.text


def test_a_mail_sent_again_leads_to_a_fresh_page_and_the_old_one_stays(page: PurchasePage) -> None:
    with writing():
        again = resend_purchase_mail(page.license)

    assert session.scalar(select(func.count()).select_from(Mail)) == 2
    assert (again.site_url, again.id != page.id) == (SHOP, True)
    for known in (page, again):
        token = purchase_page_address(known).rpartition("/")[2]
        assert open_purchase_page(token) is known


def test_an_unknown_token_opens_nothing(page: PurchasePage) -> None:
    with pytest.raises(NotFound):
        open_purchase_page("A" * 43)


def test_the_button_leads_to_the_admin_address_the_site_told_us(page: PurchasePage) -> None:
    with writing():
        code, address = mint_activation_code(page, SHOP, clock.now())

    assert address == (f"{SHOP}/wp/wp-admin/admin.php?page=harbour-gallery-keydesk&tab=license#code={code}")


@pytest.mark.parametrize(
    ("typed", "screen"),
    [
        ("other.example.com", "https://other.example.com/wp-admin/"),
        ("http://other.example.com/blog/", "http://other.example.com/blog/wp-admin/"),
        ("https://other.example.com/index.php?x=1#y", "https://other.example.com/wp-admin/"),
    ],
)
def test_another_site_is_found_by_the_address_that_was_typed(
    page: PurchasePage, typed: str, screen: str
) -> None:
    assert license_screen(page, typed).startswith(f"{screen}admin.php?")


@pytest.mark.parametrize("typed", ["javascript:alert(1)", "https://a@b.example.com", "//", "", "a\nb"])
def test_what_is_no_address_of_a_site_is_never_led_to(page: PurchasePage, typed: str) -> None:
    with pytest.raises(SiteUrlInvalid), writing():
        mint_activation_code(page, typed, clock.now())


def test_the_button_works_again_until_the_first_activation_and_each_code_once(page: PurchasePage) -> None:
    with writing():
        first, _ = mint_activation_code(page, SHOP, clock.now())
        second, _ = mint_activation_code(page, SHOP, clock.now())
    assert redeem(page, second).activation.license is page.license

    with pytest.raises(TransferCodeUsed):
        redeem(page, first, uid="f" * 32)
    with pytest.raises(AlreadyActive, match=f"already active on {SHOP}"), writing():
        mint_activation_code(page, SHOP, clock.now())


def test_the_site_that_spent_a_code_may_show_it_again(page: PurchasePage) -> None:
    with writing():
        code, _ = mint_activation_code(page, SHOP, clock.now())
    first, again = redeem(page, code), redeem(page, code)

    assert (first.created, again.created, again.activation) == (True, False, first.activation)


def test_a_code_is_good_for_a_day_and_a_button_for_a_week(page: PurchasePage) -> None:
    now = clock.now()
    with writing():
        code, _ = mint_activation_code(page, SHOP, now)

    with pytest.raises(TransferCodeInvalid):
        redeem(page, code, now=now + timedelta(hours=24))
    with pytest.raises(PageExpired), writing():
        mint_activation_code(page, SHOP, now + timedelta(days=8))


def redeem(
    page: PurchasePage, code: str, *, uid: str = uid_of(SHOP), now: datetime | None = None
) -> Activated:
    with writing():
        return activate_by_code(
            code, Site(uid, SHOP), product=page.license.product, mode="live", now=now or clock.now()
        )


def test_a_revoked_license_gives_no_code(page: PurchasePage) -> None:
    with writing():
        revoke_license(page.license, "refunded", actor="system", now=NOON)

    with pytest.raises(LicenseRevoked, match="refunded"), writing():
        mint_activation_code(page, SHOP, clock.now())
