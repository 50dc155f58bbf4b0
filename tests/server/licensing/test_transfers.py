"""A code lets another installation take the place of one, with its seat."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import Activation, License, Revocation
from server.licensing.services import (
    Activated,
    Site,
    activate_by_code,
    deactivate_site,
    live_activations,
    mint_code,
    offer_transfer,
    release_seat,
    release_site,
    revoke_license,
)
from server.licensing.services.refusals import (
    LicenseRevoked,
    NoSeatsLeft,
    TransferCodeInvalid,
    TransferCodeUsed,
)
from tests.conftest import NOON
from tests.server.licensing.conftest import Activate, uid_of
from tests.server.licensing.test_resolving import seats

SHOP, NEW = "https://shop-1.example.com", "https://new-home.example.com"


def code_of(leaving: Activation) -> str:
    with writing():
        return offer_transfer(leaving, NOON)


def redeem(license: License, code: str, url: str = NEW, *, uid: str = "", now: datetime = NOON) -> Activated:
    with writing():
        site = Site(uid or uid_of(url), url)
        return activate_by_code(code, site, product=license.product, mode="live", now=now)


def test_the_new_site_gets_the_seat_and_the_old_one_ends(activate: Activate, license: License) -> None:
    leaving = activate(SHOP).activation

    arrived = redeem(license, code_of(leaving))

    assert arrived.created
    assert leaving.ended_at == NOON
    assert seats(license) == {"new-home.example.com": True}
    assert session.scalars(select(Revocation.subject)).all() == [leaving.id]


def test_a_full_license_transfers_as_well(activate: Activate, license: License) -> None:
    leaving, *_ = [activate(f"https://shop-{number}.example.com").activation for number in range(5)]

    redeem(license, code_of(leaving))

    assert license.seats_used == 5


def test_a_test_site_transfers_to_a_real_address_only_onto_a_free_seat(
    activate: Activate, license: License
) -> None:
    leaving = activate("https://staging.shop.example.com").activation
    for number in range(5):
        activate(f"https://shop-{number}.example.com")
    code = code_of(leaving)

    with pytest.raises(NoSeatsLeft):
        redeem(license, code)
    assert leaving.ended_at is None

    with writing():
        license.seats = 6
    assert redeem(license, code).activation.counted


def test_a_transfer_to_the_same_address_changes_the_installation(
    activate: Activate, license: License
) -> None:
    leaving = activate(SHOP).activation

    arrived = redeem(license, code_of(leaving), SHOP, uid="c" * 32).activation

    assert (leaving.ended_at, arrived.ended_at, license.seats_used) == (NOON, None, 1)
    assert arrived.seat is not None


def test_a_code_is_good_once_but_for_the_site_that_spent_it(activate: Activate, license: License) -> None:
    code = code_of(activate(SHOP).activation)
    first = redeem(license, code)

    assert redeem(license, code).activation is first.activation
    with pytest.raises(TransferCodeUsed):
        redeem(license, code, "https://third.example.com")


def test_a_second_code_of_a_site_whose_license_moved_says_so(activate: Activate, license: License) -> None:
    leaving = activate(SHOP).activation
    spent, unused = code_of(leaving), code_of(leaving)
    redeem(license, spent)

    for code in (unused, spent):
        with pytest.raises(TransferCodeUsed, match=r"has already left shop-1\.example\.com") as refused:
            redeem(license, code, "https://third.example.com")
        assert refused.value.code == "transfer_code_used"
        assert "already used" not in refused.value.title + refused.value.detail
    assert license.seats_used == 1


def test_a_code_of_a_purchase_page_that_was_used_says_that(license: License) -> None:
    with writing():
        code = mint_code(license, NOON)
    redeem(license, code)

    with pytest.raises(TransferCodeUsed, match="was already used"):
        redeem(license, code, SHOP)


def test_a_code_of_a_site_that_left_meanwhile_takes_a_free_seat(activate: Activate, license: License) -> None:
    leaving = activate(SHOP).activation
    code = code_of(leaving)
    with writing():
        deactivate_site(leaving, now=NOON)

    assert redeem(license, code).created
    assert license.seats_used == 1


def test_a_code_of_a_site_that_its_owner_released_gives_no_seat(activate: Activate, license: License) -> None:
    """Whoever took the site over would come back with a code that it had made before."""
    codes = [code_of(activate(SHOP, uid).activation) for uid in ("a" * 32, "b" * 32)]
    with writing():
        release_seat(live_activations(license)[0], actor="customer:cus_1", now=NOON)

    for code in codes:
        with pytest.raises(TransferCodeUsed):
            redeem(license, code)
    assert license.seats_used == 0


def test_a_code_for_one_installation_is_unknown_to_every_other(license: License) -> None:
    with writing():
        code = mint_code(license, NOON, site_uid=uid_of(NEW))

    with pytest.raises(TransferCodeInvalid):
        redeem(license, code, uid="d" * 32)
    assert redeem(license, code).created


@pytest.mark.parametrize("code", ["kdx_nothing", ""])
def test_an_unknown_or_old_code_says_what_to_do(activate: Activate, license: License, code: str) -> None:
    old = code_of(activate(SHOP).activation)

    with pytest.raises(TransferCodeInvalid, match="Go back to where you got it"):
        redeem(license, code or old, now=NOON + timedelta(hours=24))


def test_a_revoked_license_transfers_nothing(activate: Activate, license: License) -> None:
    leaving = activate(SHOP).activation
    code = code_of(leaving)
    with writing():
        revoke_license(license, "refunded", actor="system", now=NOON)

    with pytest.raises(LicenseRevoked):
        redeem(license, code)
    with pytest.raises(LicenseRevoked):
        code_of(leaving)


def test_a_site_that_somebody_else_released_is_named_in_the_list(
    activate: Activate, license: License
) -> None:
    seated = activate(SHOP).activation

    for _ in range(2):
        with writing():
            answer = release_site(seated, actor="customer", now=NOON)
        assert answer == {"released": True, "seats": {"limit": 5, "used": 0}}

    assert session.scalars(select(Revocation.subject)).all() == [seated.id]


def test_sites_released_and_licenses_revoked_at_once_wait_for_each_other(
    activate: Activate, license: License
) -> None:
    """Each takes the license first and the number of the list after it, so nobody waits in a circle."""
    ids = [activate(f"https://shop-{number}.example.com").activation.id for number in range(5)]
    license_id, scope = license.id, license.tenant_id
    session.rollback()
    start, failed = threading.Barrier(6), list[BaseException]()

    def at_once(deed: Callable[[], object]) -> None:
        try:
            with tenant(scope):
                start.wait()
                with writing():
                    deed()
        except BaseException as error:  # noqa: BLE001  told by the assert below
            failed.append(error)
        finally:
            session.remove()

    def release(activation_id: str) -> Callable[[], object]:
        return lambda: release_site(resolve(Activation, activation_id), actor="customer", now=NOON)

    def revoke() -> None:
        revoke_license(resolve(License, license_id), "refunded", actor="stripe", now=NOON)

    deeds = [revoke, *map(release, ids)]
    threads = [threading.Thread(target=at_once, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert sorted(session.scalars(select(Revocation.subject))) == sorted([license_id, *ids])
    assert sorted(session.scalars(select(Revocation.serial))) == [1, 2, 3, 4, 5, 6]
