"""An order of several licenses is one mail, and its refund another, however often the events come."""

import random

import pytest
from sqlalchemy import select

from server.billing.services import licenses_of
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.ids import new_id
from server.licensing.models import License, PurchasePage
from server.licensing.services import (
    purchase_page_address,
    resend_purchase_mail,
    reveal_key,
    revoke_license,
)
from server.mail.wanted import is_still_wanted
from tests.server.billing.conftest import API_KEY, Till

SHOP = "https://shop-1.example.com"


def hear_thrice(till: Till) -> None:
    """Every event of the shop three times, shuffled, each time as a new one, and worked off four at once."""
    events = till.shop.events(API_KEY) * 3
    random.Random(9).shuffle(events)
    till.record_all([{**event, "id": new_id("evt")} for event in events])
    till.work(parallel=4, ahead_s=3600)


def page_of(license: License) -> PurchasePage:
    session.rollback()
    return session.scalars(select(PurchasePage).where(PurchasePage.license_id == license.id)).one()


def test_three_licenses_are_one_mail_with_three_keys_and_pages(till: Till) -> None:
    till.sell(quantity=3, site_url=SHOP)
    hear_thrice(till)

    (mail,) = till.mails()
    assert mail.subject == "Your 3 licenses for Harbour Gallery are ready"
    licenses = licenses_of(till.order())
    assert len(licenses) == 3
    for license in licenses:
        assert reveal_key(license) in mail.text
        assert purchase_page_address(page_of(license)) in mail.text
    known = [page_of(license).site_url for license in licenses]
    assert known == [SHOP, "", ""], "one site does not need three licenses"


def test_their_refund_is_one_mail_too(till: Till) -> None:
    session_id = till.sell(quantity=3)
    hear_thrice(till)
    till.shop.refund(session_id)
    hear_thrice(till)

    assert len(till.mails()) == 1
    (mail,) = till.mails("refunded")
    assert all(license.key_hint in mail.text for license in till.licenses())
    assert "The licenses have ended with it" in mail.text


def test_licenses_that_are_added_later_come_with_a_mail_of_their_own(till: Till) -> None:
    till.sell(price_id=till.price())
    hear_thrice(till)
    first = till.license()
    till.shop.life("subscriptions", till.subscription(), "change", quantity=3)
    hear_thrice(till)

    one, two = sorted(till.mails(), key=lambda mail: mail.id)
    assert reveal_key(first) in one.text
    added = [license for license in till.licenses() if license.id != first.id]
    assert [reveal_key(license) in two.text for license in [first, *added]] == [False, True, True]


def test_one_of_them_is_sent_again_alone(till: Till) -> None:
    till.sell(quantity=2)
    hear_thrice(till)
    first, second = till.licenses()
    with writing():
        resend_purchase_mail(second)

    again = max(till.mails(), key=lambda mail: mail.id)
    assert again.subject == "Your license for Harbour Gallery is ready"
    assert [reveal_key(license) in again.text for license in (first, second)] == [False, True]


@pytest.mark.parametrize("revoked", [1, 2])
def test_the_mail_leaves_while_one_of_them_works(till: Till, revoked: int) -> None:
    till.sell(quantity=2)
    hear_thrice(till)
    brought = licenses_of(till.order())
    with writing():
        for license in brought[:revoked]:
            revoke_license(license, "manual", actor="owner", now=clock.now())

    (mail,) = till.mails()
    assert is_still_wanted(mail, clock.now()) is (revoked == 1)
