"""What a question takes along: switched on whatever it is about, and never more than was shown."""

import json
import re

import pytest

from tests.wp_bridge.boot.site import WordPress
from tests.wp_bridge.site.wp_users import ROUTES, Person

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bridge_site")]

KINDS = ("bug", "missing_feature", "other")


def shown(site: WordPress, kind: str) -> str:
    person = Person(site, site.user, site.password)
    nonces = person.nonces(["preview"])
    headers = {
        "Content-Type": "application/json",
        "X-WP-Nonce": nonces["rest"],
        "X-Keydesk-Nonce": nonces["preview"],
    }
    status, text = person.ask(f"{ROUTES}/preview", json.dumps({"type": kind}).encode(), headers)
    assert status == 200, text
    return str(json.loads(text)["html"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_facts_are_switched_on_for_every_kind_and_each_has_its_switch(site: WordPress, kind: str) -> None:
    switches = dict(re.findall(r'name="sections\[\]" value="(\w+)"( checked)?', shown(site, kind)))

    assert {"site", "server", "plugins"} <= switches.keys()
    assert {section for section, on in switches.items() if not on} <= {"errors"}


def test_the_preview_keeps_versions_and_counts_what_is_black(site: WordPress) -> None:
    html = shown(site, "other")

    assert re.search(r"<dt>Acme Gallery</dt><dd[^>]*>[^<]*\d+\.\d+", html)
    assert str(site.root) not in html
    said = re.search(r"(\d+) private passages? w", html)
    assert html.count("[removed: ") == (int(said.group(1)) if said else 0)
