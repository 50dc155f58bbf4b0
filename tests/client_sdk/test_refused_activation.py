"""An `activate` that the real server refuses, on an installation that works: it goes on as before."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keydesk import Keydesk, ProductFile, Retries, Site, SiteIdentity, errors, new_site_uid

from tests.client_sdk.examples import SIGNING_KEYS
from tests.client_sdk.shell import Shell
from tests.tools.keydesk_server import KeydeskServer

UNKNOWN = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"
HERE, ELSEWHERE = "https://works-1.example.com", "https://works-2.example.com"


@pytest.fixture
def key(demo_server: KeydeskServer) -> str:
    return str(demo_server.demo_facts()["license_key"])


@pytest.fixture
def product(demo_server: KeydeskServer) -> dict[str, Any]:
    """Older than the server's list of keys: one key in it has long been withdrawn."""
    facts: dict[str, Any] = demo_server.demo_facts()["product_file"]
    return facts | {"server": demo_server.url, "lease_keys": facts["lease_keys"] + SIGNING_KEYS}


@pytest.fixture
def shell(tmp_path: Path, product: dict[str, Any], key: str) -> Iterator[Shell]:
    shell = Shell(tmp_path, product)
    done = shell.activate_at(HERE, key)
    assert done.returncode == 0, done.stderr
    yield shell
    released = shell("deactivate")
    assert released.returncode == 0, released.stderr


@pytest.fixture
def full(shell: Shell, product: dict[str, Any], key: str) -> Iterator[str]:
    """The key of a license that has no seat left."""
    read = ProductFile.read(json.dumps(product))
    desk, taken = Keydesk.of(read, retries=Retries(backoff_s=0.01)), list[Site]()
    with pytest.raises(errors.SeatLimitReached):
        take_all_seats(desk, key, taken)
    yield key
    for site in taken:
        site.deactivate()


def take_all_seats(desk: Keydesk, key: str, taken: list[Site]) -> None:
    while True:
        uid = new_site_uid()
        me = SiteIdentity(uid=uid, url=f"https://full-{uid[:8]}.example.com")
        activation = desk.activate(key, me)
        taken.append(desk.site(me, activation.activation_id, activation.site_token))


def goes_on_after(shell: Shell, key: str, url: str, code: str) -> None:
    before = shell.stored
    refused = shell.activate_at(url, key)

    assert refused.returncode != 0
    assert f"({code})" in refused.stderr
    assert shell.stored == before
    checked = shell("check-in")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("url", [HERE, ELSEWHERE])
@pytest.mark.parametrize(("typed", "code"), [(UNKNOWN, "license_not_found"), ("KD1-WRONG", "key_malformed")])
def test_a_wrong_key_leaves_a_working_site_as_it_was(shell: Shell, typed: str, code: str, url: str) -> None:
    goes_on_after(shell, typed, url, code)


def test_a_license_without_a_free_seat_leaves_a_working_site_as_it_was(shell: Shell, full: str) -> None:
    goes_on_after(shell, full, ELSEWHERE, "seat_limit_reached")


def test_an_activation_that_is_accepted_moves_on(shell: Shell, key: str) -> None:
    before = shell.state
    done = shell.activate_at(ELSEWHERE, key)

    assert done.returncode == 0, done.stderr
    assert shell.state["site_url"] == ELSEWHERE
    assert shell.state["site_uid"] == before["site_uid"]
    assert shell("check-in").returncode == 0
