"""Every act of the dispatcher against everybody, with every nonce, through both mouths."""

import json

import pytest

from tests.wp_bridge.boot.site import WordPress
from tests.wp_bridge.site.wp_users import RECORDS, ROUTES, Person, records

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bridge_site")]

SIGNS = ("acme-gallery", "keydesk_", "data-bridge", "kd-")
REFUSALS = {401, 403, 405, 413, 415, 429}


def acts_of(site: WordPress) -> list[str]:
    """The list comes from WordPress' own index, so an act added today is tested today."""
    _status, text = Person(site).ask(ROUTES)
    paths = json.loads(text)["routes"]
    return sorted(path.rsplit("/", 1)[1] for path in paths if path.count("/") == 3)


def by_rest(person: Person, act: str, rest: str, nonce: str) -> int:
    headers = {"Content-Type": "application/json", "X-Keydesk-Nonce": nonce}
    if rest:
        headers["X-WP-Nonce"] = rest
    return person.ask(f"{ROUTES}/{act}", b"{}", headers)[0]


def by_form(person: Person, act: str, nonce: str) -> None:
    person.post("/wp-admin/admin-post.php", {"action": RECORDS + act, "_keydesk": nonce})


def test_there_are_acts_to_guard(site: WordPress) -> None:
    assert len(acts_of(site)) >= 12


@pytest.mark.parametrize("role", ["", "subscriber", "editor"])
@pytest.mark.parametrize("nonce", ["none", "foreign", "own"])
def test_nobody_but_an_administrator_gets_in(site: WordPress, role: str, nonce: str) -> None:
    acts = acts_of(site)
    person = Person(site, role, f"pass-{role}")
    own = person.nonces(acts)
    foreign = Person(site, site.user, site.password).nonces(acts)
    given = {"none": dict.fromkeys(acts, ""), "foreign": foreign, "own": own}[nonce]
    before = records(site)
    for act in acts:
        assert by_rest(person, act, own["rest"], given[act]) in {401, 403}, act
        by_form(person, act, given[act])
    assert records(site) == before


@pytest.mark.parametrize("nonce", ["none", "of another act"])
def test_an_administrator_needs_the_nonce_of_the_act(site: WordPress, nonce: str) -> None:
    acts = acts_of(site)
    person = Person(site, site.user, site.password)
    own = person.nonces(acts)
    before = records(site)
    for act, other in zip(acts, acts[1:] + acts[:1], strict=True):
        given = own[other] if nonce == "of another act" else ""
        assert by_rest(person, act, own["rest"], given) == 403, act
        by_form(person, act, given)
    assert records(site) == before


def test_with_it_every_act_can_be_reached(site: WordPress) -> None:
    acts = acts_of(site)
    person = Person(site, site.user, site.password)
    own = person.nonces(acts)
    for act in acts:
        assert by_rest(person, act, own["rest"], own[act]) not in REFUSALS, act


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"ticket_id": 5}', 422),
        (b'{"ticket_id": "tkt_1", "extra": 1}', 422),
        (b'{"ticket_id": "tkt_../../x"}', 422),
        (b"[]", 422),
        (b'"text"', 413),
        (b"{", 400),
        (b'{"ticket_id": "' + b"a" * 70_000 + b'"}', 413),
    ],
)
def test_odd_bodies_are_told_what_is_wrong(site: WordPress, body: bytes, status: int) -> None:
    person = Person(site, site.user, site.password)
    own = person.nonces(["ticket"])
    headers = {
        "Content-Type": "application/json",
        "X-WP-Nonce": own["rest"],
        "X-Keydesk-Nonce": own["ticket"],
    }
    assert person.ask(f"{ROUTES}/ticket", body, headers)[0] == status


def test_an_address_is_no_act(site: WordPress) -> None:
    person = Person(site, site.user, site.password)
    own = person.nonces(["release"])
    headers = {"X-WP-Nonce": own["rest"], "X-Keydesk-Nonce": own["release"]}
    assert person.ask(f"{ROUTES}/release", None, headers)[0] == 405


def test_no_public_page_shows_a_nonce_or_our_words(site: WordPress) -> None:
    stranger = Person(site)
    for path in ("/", "/hello-world/", "/wp-login.php", "/feed/"):
        page = stranger.ask(path)[1].lower()
        assert [sign for sign in ("acme-gallery", "keydesk_", "data-bridge", "kd-") if sign in page] == [], (
            path
        )
