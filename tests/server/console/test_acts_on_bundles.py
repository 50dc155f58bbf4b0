"""What an owner can do at a bundle and what at a license that came with it, and where the page leads."""

from __future__ import annotations

import pytest

from server.catalog.services import create_plan, create_product
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import children_of, issue_license
from tests.conftest import NOON
from tests.server.console.conftest import Browser
from tests.server.console.story import Story
from tests.server.console.test_license_acts import SOLO, WHO

ELSEWHERE = "The number of sites is changed at each of these licenses."


@pytest.fixture
def family(story: Story) -> tuple[str, str]:
    """A sold bundle of one plugin, in a product that only sells bundles, and what it brought."""
    with writing():
        part = create_plan(create_product(slug="forms", name="Forms", now=NOON, actor=WHO), **SOLO)
        everything = create_product(slug="everything", name="Everything", now=NOON, actor=WHO)
        plan = create_plan(everything, **SOLO, bundled_plan_ids=[part.id])
        create_plan(everything, **{**SOLO, "code": "more", "name": "More"}, bundled_plan_ids=[part.id])
        buyer = customer_for("bo@buyer.example.com", now=NOON)
        bundle, _key = issue_license(product=everything, plan=plan, customer=buyer, now=clock.now())
        return bundle.id, children_of(bundle)[0].id


def test_sites_of_a_bundle_are_changed_at_its_licenses(desk: Browser, family: tuple[str, str]) -> None:
    bundle, part = (f"/licenses/{one}" for one in family)

    page = desk.text(bundle)
    assert "Change the number of sites" not in page
    assert f'href="/console{part}"' in page.split("In this bundle")[1].split(ELSEWHERE)[0]
    assert desk.send(f"{bundle}/acts/sites", {"seats": "9"}).status_code == 404
    assert resolve(License, family[0]).seats == 1

    line = page.split("In this bundle")[1].split("</li>")[0]
    assert '<span class="kd-line2">Solo</span>' in line, "the plan stands under the product"

    assert ELSEWHERE not in desk.text(part)
    desk.send(f"{part}/acts/sites", {"seats": "9"})
    assert resolve(License, family[1]).seats == 9


def test_a_bundle_that_is_a_plugin_too_has_sites_of_its_own(desk: Browser, family: tuple[str, str]) -> None:
    with writing():
        create_plan(resolve(License, family[0]).product, **{**SOLO, "code": "alone", "name": "Alone"})
    path = f"/licenses/{family[0]}"

    assert ELSEWHERE not in desk.text(path)
    assert "What came with this bundle keeps its own number." in desk.text(f"{path}/acts/sites")
    assert "keeps its own number" not in desk.text(f"/licenses/{family[1]}/acts/sites")
    desk.send(f"{path}/acts/sites", {"seats": "9"})
    assert [resolve(License, one).seats for one in family] == [9, 1]


def test_the_end_of_what_came_with_a_bundle_is_set_at_the_bundle(
    desk: Browser, family: tuple[str, str]
) -> None:
    bundle, part = (f"/licenses/{one}" for one in family)
    end = resolve(License, family[1]).valid_until

    page = desk.text(part)
    assert "/acts/extend" not in page
    assert f'href="/console{bundle}"' in page.split("Its end is set there:")[1][:200]
    assert desk.send(f"{part}/acts/extend", {"until": "2031-05-01"}).status_code == 404
    assert resolve(License, family[1]).valid_until == end


def test_the_history_says_that_an_end_came_with_the_bundle_and_who_changed_it(
    desk: Browser, family: tuple[str, str]
) -> None:
    bundle, part = (f"/licenses/{one}" for one in family)
    desk.send(f"{bundle}/acts/extend", {"until": "2031-05-01", "note": "goodwill"})

    line = desk.text(part).split("End set with its bundle:")[1].split("</tr>")[0]
    for words in ("until 1 May 2031", "goodwill", "Olena"):
        assert words in line
    assert "End set by hand" not in desk.text(part)
    assert "End set by hand" in desk.text(bundle)


def test_another_plan_of_what_came_with_a_bundle_is_said_to_leave_its_end(
    desk: Browser, family: tuple[str, str]
) -> None:
    with writing():
        forms = resolve(License, family[1]).product
        create_plan(forms, **{**SOLO, "code": "ever", "name": "Ever", "interval": "lifetime"})

    page = desk.text(f"/licenses/{family[1]}/acts/plan")
    assert "The end stays that of its bundle." in page
    assert "begins a term today" not in page
    assert "begins a term today" in desk.text(f"/licenses/{family[0]}/acts/plan")


def test_a_plan_that_is_a_bundle_is_not_offered_to_what_came_with_a_bundle(
    desk: Browser, family: tuple[str, str]
) -> None:
    with writing():
        forms = resolve(License, family[1]).product
        maps = create_plan(create_product(slug="maps", name="Maps", now=NOON, actor=WHO), **SOLO)
        nested = {**SOLO, "code": "both", "name": "Both"}
        nested_id = create_plan(forms, **nested, bundled_plan_ids=[maps.id]).id
    path = f"/licenses/{family[1]}"
    assert f"{path}/acts/plan" not in desk.text(path), "there is no other plan"

    with writing():
        create_plan(resolve(License, family[1]).product, **{**SOLO, "code": "two", "name": "Two"})
    page = desk.text(f"{path}/acts/plan")
    assert ("Two" in page, nested_id in page) == (True, False)
    assert resolve(License, family[0]).product.slug == "everything"
    assert "More" in desk.text(f"/licenses/{family[0]}/acts/plan"), "a bundle may become another bundle"


def test_an_end_of_its_own_from_before_is_brought_back_by_the_same_day_at_the_bundle(
    desk: Browser, family: tuple[str, str]
) -> None:
    extend = f"/licenses/{family[0]}/acts/extend"
    desk.send(extend, {"until": "2031-05-01"})
    with writing():
        resolve(License, family[1]).valid_until = NOON

    assert desk.send(extend, {"until": "2031-05-01"}).status_code == 302
    assert f"{resolve(License, family[1]).valid_until:%Y-%m-%d}" == "2031-05-01"
    assert "then already" in desk.send(extend, {"until": "2031-05-01"}).text
