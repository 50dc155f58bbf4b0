"""An owner says by forms what a plan holds and costs, and which systems a product answers."""

from __future__ import annotations

from sqlalchemy import func, select

from server.catalog.models import Plan, Product
from server.catalog.services import active_prices, create_plan, create_product
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from tests.conftest import NOON, Cast
from tests.server.console.conftest import Browser
from tests.server.console.story import Story

CHANGES = {
    "name": "Studio Plus",
    "seats": "",
    "interval": "month",
    "renews": "yes",
    "features": "export sync",
    "trial_days": "14",
    "trial_needs_card": "yes",
    "max_version": "2",
    "edd_price_id": "3",
    "on_sale": "yes",
}


NEW = {
    "name": "Solo",
    "code": "solo",
    "seats": "1",
    "interval": "year",
    "renews": "yes",
    "amount": "49",
    "currency": "eur",
    "trial_days": "14",
    "trial_needs_card": "yes",
}


def plan_page(story: Story, tail: str = "") -> str:
    return f"/products/{story.product_id}/plans/{story.plan_id}{tail}"


def sold(story: Story) -> Plan:
    session.expire_all()
    return resolve(Plan, story.plan_id)


def test_all_of_a_plan_can_be_changed(desk: Browser, story: Story) -> None:
    desk.send(plan_page(story, "/edit"), CHANGES)

    plan = sold(story)
    assert (plan.name, plan.seats, plan.interval, plan.renews) == ("Studio Plus", None, "month", True)
    assert (plan.features, plan.trial_days, plan.trial_needs_card) == (["export", "sync"], 14, True)
    assert (plan.max_version, plan.edd_price_id, plan.on_sale) == ("2", 3, True)
    page = desk.text(plan_page(story))
    assert "14 days, with a card" in page
    assert "14 days free" in desk.text(f"/products/{story.product_id}")


def made(code: str) -> Plan:
    session.rollback()
    return session.scalars(select(Plan).where(Plan.code == code)).one()


def test_a_plan_is_made_whole_and_off_the_shelf_until_it_is_wanted_there(desk: Browser, story: Story) -> None:
    with writing():
        forms = create_product(slug="forms", name="Forms", now=NOON, actor="member:mem_1")
        part_id = create_plan(forms, code="part", name="Part", actor="member:mem_1").id
    path = f"/products/{story.product_id}/plans/new"
    assert "<legend>Bundle</legend>" in desk.text(path)

    desk.send(path, {**NEW, f"bundled_{part_id}": "yes"})

    plan = made("solo")
    assert (plan.trial_days, plan.bundled_plan_ids, plan.on_sale) == (14, [part_id], False)
    assert [price.amount for price in plan.prices] == [4_900]
    desk.send(f"/products/{story.product_id}/plans/{plan.id}/edit", {**CHANGES, "name": "Solo"})
    assert [price.amount for price in active_prices(made("solo"))] == [4_900]


def test_all_that_is_wrong_with_a_new_plan_is_said_in_one_pass(desk: Browser, story: Story) -> None:
    wrong = {
        "name": "",
        "code": "STUDIO",
        "seats": "1.5",
        "interval": "lifetime",
        "amount": "free",
        "currency": "euro!",
        "features": "NOT A CODE",
        "trial_days": "400",
        "max_version": "two",
    }
    page = desk.send(f"/products/{story.product_id}/plans/new", {**NEW, **wrong}).text

    for field in (*wrong, "renews"):
        assert (f'id="error-{field}"' in page) == (field != "interval"), field
    for words in ("Please enter a whole number, for example 5.", "From 0 to 365.", "for example 49 or 49.50"):
        assert words in page
    taken = desk.send(f"/products/{story.product_id}/plans/new", {**NEW, "code": "studio", "seats": "0"}).text
    assert "already has a plan studio" in taken
    assert "From 1 to 100,000." in taken
    assert session.scalar(select(func.count()).select_from(Plan)) == 1


def test_what_is_wrong_with_a_bundle_stands_under_its_heading(desk: Browser, story: Story) -> None:
    with writing():
        forms = create_product(slug="forms", name="Forms", now=NOON, actor="member:mem_1")
        parts = [create_plan(forms, code=code, name=code, actor="member:mem_1").id for code in ("one", "two")]
    boxes = {f"bundled_{part}": "yes" for part in parts}

    page = desk.send(plan_page(story, "/edit"), {**CHANGES, **boxes}).text

    assert "at most one plan of each product" in page.split('id="error-bundled_plan_ids">')[1]


def test_a_plan_that_cannot_be_sold_is_refused_at_its_field(desk: Browser, story: Story) -> None:
    for field, value in (("features", "NOT A CODE"), ("max_version", "two"), ("trial_days", "400")):
        page = desk.send(plan_page(story, "/edit"), {**CHANGES, field: value}).text
        assert f'id="error-{field}"' in page
    assert sold(story).name == "Studio"


def test_a_bundle_is_put_together_by_boxes(desk: Browser, story: Story) -> None:
    with writing():
        forms = create_product(slug="forms", name="Forms", now=NOON, actor="member:mem_1")
        part = create_plan(forms, code="solo", name="Solo", actor="member:mem_1")
        part_id = part.id
    assert "Forms, Solo" in desk.text(plan_page(story, "/edit"))

    desk.send(plan_page(story, "/edit"), {**CHANGES, f"bundled_{part_id}": "yes"})

    assert sold(story).bundled_plan_ids == [part_id]
    page = desk.text(plan_page(story))
    assert "<dt>Bundle of</dt><dd>Forms / Solo</dd>" in page
    assert "<dt>Sites</dt>" not in page, "the product only sells bundles"


def test_a_bundle_of_a_plugin_has_sites_of_its_own_and_names_all_it_brings(
    desk: Browser, story: Story
) -> None:
    who = "member:mem_1"
    with writing():
        gallery = resolve(Product, story.product_id)
        parts = [
            create_plan(
                create_product(slug=slug, name=name, now=NOON, actor=who), code="solo", name=plan, actor=who
            )
            for slug, name, plan in (("forms", "Forms", "Solo"), ("maps", "Maps & more", "Team"))
        ]
        bundled = [part.id for part in parts]
        both = create_plan(gallery, code="both", name="Both", actor=who, bundled_plan_ids=bundled).id

    page = desk.text(f"/products/{story.product_id}/plans/{both}")
    assert "<dt>Bundle of</dt><dd>Forms / Solo, Maps &amp; more / Team</dd>" in page
    assert "<dt>Sites</dt>" in page, "the plan Studio sells the plugin alone"


def test_a_price_in_a_second_currency_stands_beside_the_first_until_it_is_retired(
    desk: Browser, story: Story, harbour: Cast
) -> None:
    desk.send(plan_page(story), {"amount": "30000", "currency": "JPY"})
    assert [(price.amount, price.currency) for price in active_prices(sold(story))] == [
        (19_900, "eur"),
        (30_000, "jpy"),
    ]

    desk.send(plan_page(story, f"/prices/{harbour.price.id}/end"))
    assert [price.currency for price in active_prices(sold(story))] == ["jpy"]


def test_a_price_is_not_rounded(desk: Browser, story: Story) -> None:
    wrong = desk.send(plan_page(story), {"amount": "300.50", "currency": "JPY"})

    assert "The number has too many decimals." in wrong.text
    assert [price.currency for price in active_prices(sold(story))] == ["eur"]


def test_the_doors_of_other_systems_are_opened_one_by_one(desk: Browser, story: Story) -> None:
    answers = {"door_edd": "yes", "door_puc": "yes", "puc_auto_activate": "yes", "edd_item_id": "4711"}
    desk.send(f"/products/{story.product_id}/doors", answers)

    product = resolve(Product, story.product_id)
    session.refresh(product)
    assert (product.doors, product.puc_auto_activate, product.edd_item_id) == (["edd", "puc"], True, 4711)
    words = "Easy Digital Downloads, Software Licensing · plugin-update-checker"
    assert words in desk.text(f"/products/{story.product_id}")


def test_an_item_id_that_another_product_has_is_refused(desk: Browser, story: Story) -> None:
    with writing():
        other = create_product(slug="forms", name="Forms", now=NOON, actor="member:mem_1").edd_item_id

    page = desk.send(f"/products/{story.product_id}/doors", {"edd_item_id": str(other)}).text

    assert 'id="error-edd_item_id"' in page


def test_a_product_becomes_an_addon_and_never_of_itself(desk: Browser, story: Story) -> None:
    with writing():
        base_id = create_product(slug="base", name="Base", now=NOON, actor="member:mem_1").id
    words = {"name": "Gallery", "after_expiry": "keep", "network_policy": "one_seat"}

    desk.send(f"/products/{story.product_id}/edit", {**words, "addon_of_id": base_id})
    assert "Add-on of" in desk.text(f"/products/{story.product_id}")
    refused = desk.send(f"/products/{base_id}/edit", {**words, "addon_of_id": story.product_id})
    assert 'id="error-addon_of_id"' in refused.text
