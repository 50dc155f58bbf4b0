"""Addresses of sites follow the shared vectors."""

from typing import Any

import pytest

from server.customers.site_address import SiteUrlInvalid, judge_environment, site_hint, site_key
from tests.vectors.reading import cases, text_of


@pytest.mark.parametrize("case", cases("site_urls"))
def test_addresses_follow_the_vectors(case: dict[str, Any]) -> None:
    url, expect = text_of(case["input"], "url"), case["expect"]
    if "error" in expect:
        with pytest.raises(SiteUrlInvalid) as refusal:
            site_key(url)
        assert refusal.value.code == expect["error"]
    else:
        assert site_key(url) == expect["site_key"]


@pytest.mark.parametrize("case", cases("environments"))
def test_environments_follow_the_vectors(case: dict[str, Any]) -> None:
    verdict = judge_environment(case["input"]["site_key"], case["input"]["environment"])

    assert verdict._asdict() == case["expect"]


def test_an_operators_own_staging_host_takes_no_seat() -> None:
    key = "shop.previews.example.com"

    assert judge_environment(key, "production").takes_seat
    assert not judge_environment(key, "production", staging_suffixes=("previews.example.com",)).takes_seat


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("example.com", "ex….com"),
        ("shop-1.example.co.uk:8443/blog", "sh….uk"),
        ("localhost:8881", "lo…"),
        ("192.0.2.7", "19….7"),
        ("[2001:db8::1]:8080", "20…"),
    ],
)
def test_a_hint_shows_two_letters_and_the_last_label(key: str, hint: str) -> None:
    assert site_hint(key) == hint
