"""A license is renewed, changed, handed over, paused and taken back, and each time it is remembered why."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from server.accounts.services import history
from server.catalog.models import Plan
from server.customers.models import Customer
from server.kernel.db import session, writing
from server.kernel.errors import NotFound
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import License, Revocation
from server.licensing.services import (
    add_seats,
    change_plan,
    deactivate_site,
    extend_license,
    find_license_by_key,
    issue_license,
    open_purchase_page,
    regenerate_key,
    renew_license,
    restore_license,
    reveal_key,
    revoke_license,
    send_purchase_mail,
    set_grace,
    set_renews,
    set_seats,
    suspend_license,
    take_turns,
    transfer_license,
    unrevoke_license,
)
from server.licensing.services.purchases import purchase_page_address
from server.licensing.services.refusals import (
    EndBeforeStart,
    LicenseNotFound,
    NoSeatsLeft,
    PlanOfAnotherProduct,
    SeatsOutOfRange,
    SeatsUnlimited,
)
from tests.conftest import NOON, Cast
from tests.server.licensing.conftest import Activate

WHO: dict[str, Any] = {"actor": "member:mem_1", "now": NOON}
YEAR = timedelta(days=365)


def plan_of(harbour: Cast, code: str, **more: Any) -> Plan:
    facts = {"seats": 1, "interval": "year", "features": [], **more}
    with writing():
        plan = Plan(product_id=harbour.product.id, code=code, name=code.title(), **facts)
        session.add(plan)
    return plan


def test_a_renewal_only_moves_the_end_forward(license: License) -> None:
    with writing():
        renew_license(license, NOON + 3 * YEAR, **WHO)
        renew_license(license, NOON + 2 * YEAR, **WHO)

    assert license.valid_until == NOON + 3 * YEAR
    assert [entry.action for entry in history(license.id)] == ["license.renewed", "license.issued"]


def test_updates_and_support_that_were_bounded_apart_reach_a_later_end_and_never_go_back(
    license: License,
) -> None:
    with writing():
        license.updates_until, license.support_until = license.valid_until, NOON + 5 * YEAR
        renew_license(license, NOON + 2 * YEAR, **WHO)
    assert _bounds(license) == (NOON + 2 * YEAR, NOON + 5 * YEAR)

    with writing():
        extend_license(license, NOON + 6 * YEAR, **WHO)
        extend_license(license, NOON + 3 * YEAR, **WHO)
    assert _bounds(license) == (NOON + 6 * YEAR, NOON + 6 * YEAR)

    with writing():
        renew_license(license, None, **WHO)
    assert _bounds(license) == (None, None)


def _bounds(license: License) -> tuple[datetime | None, datetime | None]:
    return license.updates_until, license.support_until


def test_a_renewal_that_moves_no_end_moves_neither_updates_nor_support(license: License) -> None:
    with writing():
        license.support_until = NOON + timedelta(days=180)
        set_grace(license, NOON + 2 * YEAR, **WHO)
        renew_license(license, license.valid_until, **WHO)

    assert license.support_until == NOON + timedelta(days=180)


def test_a_renewal_ends_grace_and_trial(license: License) -> None:
    with writing():
        license.is_trial = True
        set_grace(license, NOON + 2 * YEAR, **WHO)
    assert license.status(NOON + YEAR + timedelta(days=60)) == "active"

    with writing():
        renew_license(license, license.valid_until, **WHO)

    assert (license.grace_until, license.is_trial) == (None, False)
    assert license.status(NOON + YEAR + timedelta(days=60)) == "expired"


def test_nothing_that_is_renewed_shortens_a_lifetime(license: License) -> None:
    with writing():
        renew_license(license, None, **WHO)
        renew_license(license, NOON + YEAR, **WHO)

    assert license.valid_until is None


def test_a_hand_may_correct_the_end_but_not_before_the_start(license: License) -> None:
    with writing():
        extend_license(license, NOON + 10 * YEAR, note="goodwill", **WHO)
        extend_license(license, NOON + YEAR, note="mistyped", **WHO)
    with pytest.raises(EndBeforeStart), writing():
        extend_license(license, NOON, **WHO)

    assert license.valid_until == NOON + YEAR
    last = history(license.id)[0]
    assert (last.actor, last.facts["note"], last.at) == ("member:mem_1", "mistyped", NOON)


def test_telling_the_same_twice_changes_nothing_the_second_time(license: License) -> None:
    with writing():
        for _again in range(2):
            set_renews(license, True, **WHO)
            set_grace(license, NOON + YEAR, **WHO)
            suspend_license(license, "dispute:1", **WHO)

    assert license.lease_seq == 4
    assert len(history(license.id)) == 4


def test_sites_that_sit_stay_when_the_plan_shrinks_and_no_new_one_comes(
    harbour: Cast, license: License, activate: Activate
) -> None:
    first, second = activate("https://shop-1.example.com"), activate("https://shop-2.example.com")
    solo = plan_of(harbour, "solo")

    with writing():
        change_plan(license, solo, **WHO)

    assert (license.seats, license.seats_used) == (1, 2)
    assert activate("https://shop-1.example.com").created is False
    with pytest.raises(NoSeatsLeft):
        activate("https://shop-3.example.com")
    with writing():
        deactivate_site(first.activation, now=NOON)
        deactivate_site(second.activation, now=NOON)
    assert activate("https://shop-3.example.com").created


def test_a_lifetime_plan_has_no_end_and_leaving_it_begins_a_term(harbour: Cast, license: License) -> None:
    forever, yearly = plan_of(harbour, "forever", interval="lifetime"), plan_of(harbour, "yearly")

    with writing():
        change_plan(license, forever, **WHO)
    assert _ends(license) == (None, None)

    with writing():
        license.updates_until = NOON
        change_plan(license, yearly, **WHO)
    assert _ends(license) == (NOON + YEAR, NOON + YEAR)


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_has_no_end_is_tried_no_more(harbour: Cast, license: License, by_hand: bool) -> None:
    forever = plan_of(harbour, "forever", interval="lifetime")
    with writing():
        license.is_trial = True
        if by_hand:
            extend_license(license, None, **WHO)
        else:
            change_plan(license, forever, **WHO)

    assert license.valid_until is None
    assert not license.is_trial


def test_for_ever_that_somebody_gave_stays_when_the_plan_changes(harbour: Cast, license: License) -> None:
    yearly = plan_of(harbour, "yearly")
    with writing():
        extend_license(license, None, **WHO)
        change_plan(license, yearly, **WHO)

    assert license.valid_until is None


def _ends(license: License) -> tuple[datetime | None, datetime | None]:
    return license.valid_until, license.updates_until


def test_a_plan_of_another_product_is_another_license(stranger: Cast, license: License) -> None:
    with pytest.raises(PlanOfAnotherProduct), writing():
        change_plan(license, stranger.plan, **WHO)


def test_seats_are_added_but_not_to_as_many_as_they_like(license: License) -> None:
    with writing():
        add_seats(license, 3, note="goodwill", **WHO)
    assert license.seats == 8

    with writing():
        set_seats(license, None, **WHO)
    with pytest.raises(SeatsUnlimited), writing():
        add_seats(license, 1, **WHO)


@pytest.mark.parametrize("by", [-5, 100_000])
def test_a_license_never_has_no_seats_or_more_than_anybody_needs(license: License, by: int) -> None:
    with pytest.raises(SeatsOutOfRange), writing():
        add_seats(license, by, **WHO)


def test_a_transferred_license_keeps_its_sites_and_closes_the_former_customers_page(
    license: License, activate: Activate
) -> None:
    activate("https://shop-1.example.com")
    with writing():
        page = purchase_page_address(send_purchase_mail(license, cause="test"))
        buyer = Customer(email="new@buyer.example.com", name="Neu", created_at=NOON)
        session.add(buyer)
        session.flush()
        transfer_license(license, buyer, note="agency sold the shop", **WHO)

    assert (license.customer.email, license.seats_used) == ("new@buyer.example.com", 1)
    with pytest.raises(NotFound):
        open_purchase_page(page.rpartition("/")[2])


def test_a_new_key_stops_the_old_one_at_once_and_sites_notice_nothing(
    sold: tuple[License, str], activate: Activate
) -> None:
    license, old = sold
    activate("https://shop-1.example.com")
    with writing():
        new = regenerate_key(license, note="seen in a forum", **WHO)

    with pytest.raises(LicenseNotFound):
        find_license_by_key(old)
    assert find_license_by_key(new) is license
    assert (reveal_key(license), license.seats_used) == (new, 1)


def test_a_stopped_license_knows_since_when_and_stands_on_the_revocation_list(license: License) -> None:
    later = NOON + timedelta(days=2)
    with writing():
        suspend_license(license, "dispute:1", **WHO)
        suspend_license(license, "dispute:2", actor="stripe", now=later)
    assert _state(license) == ("suspended", NOON)

    with writing():
        revoke_license(license, "disputed", actor="stripe", now=later)
    assert _state(license) == ("revoked", later)
    assert session.scalar(_listed(license)) == 1

    with writing():
        for reason in ("dispute:1", "dispute:2"):
            restore_license(license, reason, actor="stripe", now=later)
        unrevoke_license(license, "disputed", actor="stripe", now=later)
    assert _state(license) == ("active", None)
    assert session.scalar(_listed(license)) == 0


def _state(license: License) -> tuple[str, datetime | None]:
    return license.status(NOON), license.stopped_at


def _listed(license: License) -> Any:
    rows = select(func.count()).select_from(Revocation)
    return rows.where(Revocation.subject == license.id, Revocation.lifted_at.is_(None))


def test_orders_of_several_licenses_wait_for_each_other(
    harbour: Cast, license: License, customer: Customer
) -> None:
    with writing():
        second, _key = issue_license(product=harbour.product, plan=harbour.plan, customer=customer, now=NOON)
    ids, tenant_id = [second.id, license.id], harbour.vendor.id
    session.rollback()

    def act(turn: int) -> None:
        with tenant(tenant_id):
            with writing():
                both = [resolve(License, one) for one in (ids if turn % 2 else reversed(ids))]
                take_turns(both)
                for one in both:
                    suspend_license(one, f"dispute:{turn}", **WHO)
            session.remove()

    with ThreadPoolExecutor(8) as hands:
        list(hands.map(act, range(16)))

    assert [len(resolve(License, one).suspended_for) for one in ids] == [16, 16]
