"""A multisite network sits on one seat, unless its vendor sells each site alone."""

from server.kernel.db import writing
from server.licensing.models import License
from server.licensing.services import lease_for, note_seen
from server.licensing.services.activating import Site
from tests.conftest import NOON
from tests.server.licensing.conftest import Activate, uid_of
from tests.server.licensing.test_checking_in import read_lease

MAIN = "https://network.example.com"


def test_the_lease_of_a_network_holds_for_its_sites(activate: Activate) -> None:
    seated = activate(MAIN, network=True, blog_count=40).activation

    assert (seated.network, seated.blog_count) == (True, 40)
    assert read_lease(lease_for(seated, NOON))["net"] is True
    assert "net" not in read_lease(lease_for(activate("https://alone.example.com").activation, NOON))


def test_where_each_site_counts_a_network_is_a_site_like_others(activate: Activate, license: License) -> None:
    with writing():
        license.product.network_policy = "per_site"

    main = activate(MAIN, network=True).activation
    child = activate(f"{MAIN}/child", "c" * 32).activation

    assert (main.network, child.counted, license.seats_used) == (False, True, 2)
    assert "net" not in read_lease(lease_for(main, NOON))


def test_a_network_tells_how_many_sites_it_has_grown_to(activate: Activate) -> None:
    seated = activate(MAIN, network=True, blog_count=3).activation
    with writing():
        note_seen(seated, Site(uid_of(MAIN), MAIN, blog_count=9), now=NOON)

    assert seated.blog_count == 9


def test_a_lease_says_what_its_license_grants_beyond_itself(activate: Activate, license: License) -> None:
    seated = activate(MAIN).activation
    with writing():
        license.updates_until = license.support_until = license.valid_until
        license.product.after_expiry = "limit"

    claims = read_lease(lease_for(seated, NOON))

    assert license.valid_until is not None
    assert claims["upd"] == claims["sup"] == int(license.valid_until.timestamp())
    assert claims["after"] == "limit"
