"""The verdict on a license is the one that the shared vectors say."""

from datetime import UTC, datetime
from typing import Any

import pytest

from server.licensing.checks import CHECKS, LicenseFacts, Question, SiteFacts, judge
from tests.vectors.reading import cases, load


def moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def facts_of(license: dict[str, Any]) -> LicenseFacts:
    starts_at = moment(license["starts_at"])
    assert starts_at is not None
    return LicenseFacts(
        id="lic_01", product_id=license["product"], key_hint="KD1-…87TJ8", mode=license["mode"], seats=5,
        seats_used=1, starts_at=starts_at, valid_until=moment(license["valid_until"]),
        grace_until=moment(license["grace_until"]), updates_until=None, support_until=None,
        max_version=license["max_version"], renews=False, suspended_for=license["suspended_for"],
        revoked_for=license["revoked_for"], stopped_at=None, plan_code="pro", plan_name="Pro",
        features=license["features"], lacks_parent=license["lacks_parent"],
    )  # fmt: skip


@pytest.mark.parametrize("case", cases("validation"))
def test_the_verdict_is_that_of_the_contract(case: dict[str, Any]) -> None:
    asked, held, now = case["input"], case["input"]["license"], moment(case["input"]["now"])
    assert now is not None
    sites = [SiteFacts(**site) for site in held["sites"]] if held else []
    verdict = judge(
        Question(
            product_id=asked["product"], mode=asked["mode"], now=now, license=held and facts_of(held),
            key_is_whole=asked["key"] != "malformed", plugin_version=asked["plugin_version"],
            features=asked["features"], asks_for_site=asked["site_key"] is not None,
            site_key=asked["site_key"] or "", site_uid=asked["site_uid"], live=sites,
        )
    )  # fmt: skip

    assert {"valid": verdict["valid"], "code": verdict["code"]} == case["expect"]
    assert verdict["checked"][-1] == case["expect"]["code"] or verdict["valid"]


def test_every_check_has_a_case() -> None:
    codes = {case["expect"]["code"] for case in load("validation")["cases"]}

    assert codes == {check.code for check in CHECKS} | {"VALID"}
