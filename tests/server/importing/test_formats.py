"""What each system exports becomes what it means here: keys, states, terms, seats and sites."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.importing.services import Report
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, License
from server.licensing.services import find_license_by_key, reveal_key
from tests.conftest import NOON, Cast
from tests.server.importing.conftest import Bring


def codes(report: Report) -> set[tuple[str, str]]:
    """Of each line of the report: its id and its code."""
    return {(line.ref, line.code) for line in report.shown}


def urls(key: str) -> dict[str, bool]:
    """The sites of the license with this key, and whether they count."""
    wanted = select(Activation).where(Activation.license_id == find_license_by_key(key).id)
    return {one.site_url: one.counted for one in session.scalars(wanted)}


def test_an_edd_license_keeps_key_term_buyer_price_and_sites(bring: Bring, harbour: Cast) -> None:
    bring("edd", "edd-licenses.csv", "edd-products.csv")
    license = find_license_by_key("0a1b2c3d4e5f60718293a4b5c6d7e8f9")

    assert reveal_key(license) == "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    assert (license.key_profile, license.source, license.mode) == ("legacy", "edd:101", "live")
    assert license.customer.email == "ana@buyer.example.com"
    assert license.customer.name == "Ana O'Hara"
    assert license.product_id == harbour.product.id
    assert license.plan.edd_price_id == 2
    assert not license.plan.on_sale
    assert license.created_at == datetime(2025, 1, 10, 7, 30, tzinfo=UTC)  # 9:30 in Bucharest
    assert license.valid_until == datetime(2027, 1, 10, 21, 59, 59, tzinfo=UTC)
    assert (license.seats, license.seats_used) == (3, 1)
    assert urls("0a1b2c3d4e5f60718293a4b5c6d7e8f9") == {
        "shop.ana-photo.com/": True,
        "staging.ana-photo.com/": False,
    }


def test_each_edd_status_has_its_meaning(bring: Bring, harbour: Cast) -> None:
    bring("edd", "edd-licenses.csv")
    states = {row.source: row.status(NOON) for row in session.scalars(select(License))}

    assert states == {
        "edd:101": "active",
        "edd:102": "active",
        "edd:103": "expired",
        "edd:104": "revoked",
        "edd:105": "active",
        "edd:106": "active",
        "edd:111": "active",
    }


def test_a_lifetime_without_limit_of_sites_stays_one(bring: Bring, harbour: Cast) -> None:
    bring("edd", "edd-licenses.csv")
    license = find_license_by_key("4a1b2c3d4e5f60718293a4b5c6d7e8f9")

    assert (license.seats, license.valid_until, license.seats_used) == (None, None, 2)
    assert license.product.slug == "harbour-forms"
    assert license.product.sources == ["edd:harbour forms"]
    assert license.plan.interval == "lifetime"


def test_each_row_left_out_is_named_with_its_reason(bring: Bring, harbour: Cast) -> None:
    report = bring("edd", "edd-licenses.csv")

    assert codes(report) == {
        ("107", "key_malformed"),
        ("108", "customer_unknown"),
        ("109", "duplicate_key"),
        ("110", "cell_unreadable"),
        ("ftp://hal-files.com", "site_url_invalid"),
        ("https://www.eve-one.com/", "same_site"),
        ("106", "more_sites_than_seats"),
    }
    assert {line.place.line for line in report.shown if line.outcome == "skipped"} == {7, 8, 9, 10, 11, 12}
    assert dict(report.counts) == {
        ("product", "unchanged"): 1,
        ("product", "created"): 1,
        ("plan", "created"): 3,
        ("customer", "created"): 6,
        ("license", "created"): 7,
        ("license", "skipped"): 4,
        ("activation", "created"): 8,
        ("activation", "skipped"): 2,
    }


def test_sites_beyond_the_seats_stay_and_no_further_one_fits(bring: Bring, harbour: Cast) -> None:
    bring("edd", "edd-licenses.csv")
    license = find_license_by_key("5a1b2c3d4e5f60718293a4b5c6d7e8f9")

    assert (license.seats, license.seats_used) == (1, 2)


def test_the_product_export_of_edd_brings_the_numbers_old_plugins_ask_by(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    """Also to a product that is here already: its number was counted, and no plugin asks by it yet."""
    path = tmp_path / "products.csv"
    path.write_text("id,slug,name\n4712,maps,Maps\n", encoding="utf-8")
    bring("edd", "edd-products.csv", path)
    assert dict(session.execute(select(Product.slug, Product.edd_item_id)).all()) == {
        "harbour-gallery": 4711,
        "maps": 4712,
    }


def test_a_number_that_plugins_may_ask_by_here_stays_and_is_said(bring: Bring, harbour: Cast) -> None:
    with writing():
        resolve(Product, harbour.product.id).doors = ["edd"]
    dry, report = bring("edd", "edd-products.csv", dry_run=True), bring("edd", "edd-products.csv")

    assert session.get_one(Product, harbour.product.id).edd_item_id == 1
    [said] = report.shown
    assert (said.kind, said.ref, said.code) == ("product", "4711", "differs")
    assert said.detail == "Kept as it is here. EDD number: 4711 in the file, 1 here."
    assert dry.shown == report.shown


def test_a_number_that_was_changed_here_after_the_import_stays(bring: Bring, harbour: Cast) -> None:
    bring("edd", "edd-products.csv")
    with writing():
        resolve(Product, harbour.product.id).edd_item_id = 12
    report = bring("edd", "edd-products.csv")

    assert session.get_one(Product, harbour.product.id).edd_item_id == 12
    assert [line.code for line in report.shown] == ["differs"]


def test_a_number_that_another_product_has_is_not_taken_from_it(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "products.csv"
    path.write_text("id,slug,name\n1,maps,Maps\n", encoding="utf-8")
    dry, report = bring("edd", path, dry_run=True), bring("edd", path)

    [said] = report.shown
    assert (said.code, said.detail) == (
        "item_id_taken",
        "Another product has the EDD number 1; this one has 2.",
    )
    assert dry.shown == report.shown


def test_an_old_edd_export_without_ids_is_taken(bring: Bring, harbour: Cast) -> None:
    bring("edd", "edd-3.0.csv")
    license = find_license_by_key("aa1b2c3d4e5f60718293a4b5c6d7e8f9")

    assert license.valid_until is None
    assert license.source is not None
    assert license.source.startswith("edd:key-")
    assert set(urls("aa1b2c3d4e5f60718293a4b5c6d7e8f9")) == {"http://ida-one.com", "http://ida-two.com"}


def test_a_freemius_license_keeps_a_key_of_signs_and_its_test_sites(bring: Bring, harbour: Cast) -> None:
    report = bring(
        "freemius",
        "freemius-licenses.json",
        "freemius-users.json",
        "freemius-installs.json",
        "freemius-plans.json",
        **{"77": "harbour-gallery"},
    )
    license = find_license_by_key("sk_Zq=!+~*T5vLmN8pQrStUvWxYz012")

    assert license.customer.email == "jo@buyer.example.com"
    assert license.customer.name == "Jo Reed"
    assert license.plan.name == "Professional, 5 sites"
    assert license.product_id == harbour.product.id
    assert urls("sk_Zq=!+~*T5vLmN8pQrStUvWxYz012") == {"https://jo-reed.com": True, "http://jo.test": False}
    assert find_license_by_key("sk_Aq=!+~*T5vLmN8pQrStUvWxYz012").valid_until is None
    assert find_license_by_key("sk_Bq=!+~*T5vLmN8pQrStUvWxYz012").status(NOON) == "revoked"
    assert find_license_by_key("sk_Cq=!+~*T5vLmN8pQrStUvWxYz012").mode == "test"
    assert codes(report) == {("9005", "customer_unknown"), ("7003", "site_ended")}
    assert report.counts["customer", "created"] == 2  # who only looked around is not brought along


def test_an_install_without_an_address_is_named_by_its_id(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "installs.json"
    path.write_text('{"installs": [{"id": "8801", "license_id": "4242", "url": ""}]}')
    report = bring("freemius", "freemius-licenses.json", "freemius-users.json", path)

    [said] = [line for line in report.shown if line.kind == "activation"]
    assert (said.ref, said.code, said.detail) == ("8801", "site_url_invalid", "The install names no address.")


def test_a_woocommerce_license_finds_its_buyer_in_the_order(bring: Bring, harbour: Cast) -> None:
    report = bring(
        "lmfwc", "lmfwc-licenses.csv", "lmfwc-orders.csv", "lmfwc-activations.csv", "woocommerce-products.csv"
    )
    license = find_license_by_key("LM-AAAA-BBBB-CCCC-0001")

    assert (license.customer.email, license.customer.name) == ("lea@buyer.example.com", "Léa Noël")
    assert license.product_id == harbour.product.id
    assert set(urls("LM-AAAA-BBBB-CCCC-0001")) == {"https://lea-noel.com"}
    by_days = find_license_by_key("LM-AAAA-BBBB-CCCC-0002")
    assert by_days.valid_until == datetime(2027, 5, 1, 5, 0, tzinfo=UTC)
    assert by_days.seats is None
    assert codes(report) == {
        ("", "encoding_guessed"),
        ("3", "customer_unknown"),
        ("4", "product_unknown"),
        ("2", "site_ended"),
    }


def test_the_list_of_the_woocommerce_plugins_api_holds_its_sites(bring: Bring, harbour: Cast) -> None:
    bring("lmfwc", "lmfwc-licenses.json", "lmfwc-orders.csv")
    assert set(urls("LM-AAAA-BBBB-CCCC-0005")) == {"https://five.lea-noel.com"}


def test_a_lemon_squeezy_key_finds_its_variant_in_the_order(bring: Bring, harbour: Cast) -> None:
    report = bring(
        "lemonsqueezy",
        "lemonsqueezy-license-keys.json",
        "lemonsqueezy-orders.json",
        "lemonsqueezy-instances.json",
    )
    license = find_license_by_key("38b1460a-5104-4067-a91d-77b872934d51")

    assert license.plan.name == "Agency"
    assert license.product_id == harbour.product.id
    assert license.product.edd_item_id == 91, "plugins compare it with the product_id that the door answers"
    assert license.valid_until == datetime(2027, 1, 24, 14, 15, 7, tzinfo=UTC)
    assert set(urls("38b1460a-5104-4067-a91d-77b872934d51")) == {"lou-park.com"}
    assert find_license_by_key("48b1460a-5104-4067-a91d-77b872934d51").status(NOON) == "revoked"
    assert codes(report) == {("Lou's laptop", "site_url_invalid")}


def test_plain_csv_with_semicolons_says_all_of_a_license(bring: Bring, harbour: Cast) -> None:
    report = bring("plain", "plain.csv")
    first = find_license_by_key("PLAIN-KEY-0001")

    assert first.plan_id == harbour.plan.id  # by the short name of a plan that is here
    assert first.valid_until == datetime(2027, 12, 31, 21, 59, 59, tzinfo=UTC)
    assert urls("PLAIN-KEY-0001") == {"https://nia.com": True, "https://staging.nia.com": False}
    assert find_license_by_key("PLAIN-KEY-0002").status(NOON) == "suspended"
    trial = find_license_by_key("=PLAIN-KEY-0003")
    assert (trial.is_trial, trial.seats, trial.valid_until) == (True, None, None)
    assert codes(report) == {("a-4", "status_unknown"), ("", "too_many_cells")}
    plans = session.scalars(select(Plan.code).where(Plan.product_id == harbour.product.id))
    assert sorted(plans) == ["1-site-lifetime", "studio", "unlimited-lifetime"]


def test_a_license_that_would_end_before_it_starts_is_left_out(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "licenses.csv"
    path.write_text(
        "key,email,product,starts_at,valid_until\n"
        "FIRST-KEY-1,ana@buyer.example.com,Gallery,2026-06-01,2026-05-01\n"
        "FIRST-KEY-2,ana@buyer.example.com,Gallery,,2020-05-01\n",
        encoding="utf-8",
    )
    report = bring("plain", path)

    assert [line.code for line in report.shown if line.kind == "license"] == ["end_before_start"]
    old = session.scalars(select(License)).one()
    assert old.valid_until is not None
    assert old.starts_at < old.valid_until
