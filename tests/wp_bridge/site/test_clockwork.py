"""What time does to a license, to a failing server and to a queue; judged in the site, without a request."""

import json

import pytest

from tests.wp_bridge.boot.site import WordPress
from tests.wp_bridge.site.wp_users import run_inside

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bridge_site")]

HEAD = (
    "use Acme\\Keydesk\\Bridge\\Site as S; $n = new S\\Names('acme-gallery'); $s = new S\\Store($n);"
    "$q = new S\\Queue($s, new S\\Identity($s), new S\\Ticker($s, $n)); $kept = array();"
    "$fail = fn($why) => \\Acme\\Keydesk\\Bridge\\Client\\Outcome::unreachable($why);"
    "foreach (array('state', 'net') as $r) { $kept[$r] = $s->read($r); }"
)
TAIL = "foreach ($kept as $r => $data) { $s->write($r, $data); } echo json_encode($said);"

LEASED = {"license": "active", "feat": ["captions"], "lexp": None, "exp": 1000, "gexp": 2000}
LIMIT = {"after": "limit"}
STATES = [
    (LEASED, 1300, "active", True),
    (LEASED, 1301, "stale", True),
    (LEASED, 99_999, "stale", True),  # a clock jump alone lapses nothing
    ({**LEASED, "lapsed": 1}, 2300, "stale", True),
    ({**LEASED, "lapsed": 1}, 2301, "lapsed", True),
    ({**LEASED, **LIMIT, "lapsed": 1}, 2301, "lapsed", False),
    ({**LEASED, "lexp": 1100}, 1100, "active", True),
    ({**LEASED, "lexp": 1100}, 1101, "expired", True),
    ({**LEASED, **LIMIT, "lexp": 1100}, 1101, "expired", False),
    ({**LEASED, "feat": ["other"]}, 900, "active", False),
    ({**LEASED, "license": "suspended"}, 900, "suspended", False),
    ({"license": "revoked"}, 900, "revoked", False),
    ({"license": "released"}, 900, "released", False),
    ({**LEASED, "moved": "here"}, 2000, "site_changed", True),
    ({**LEASED, "moved": "here"}, 2001, "site_changed", False),
    ({"license": "revoked", "moved": "here"}, 900, "revoked", False),
    ({**LEASED, "heard": [1200, 200_000]}, 200_000, "active", True),  # a clock that was days ahead
    ({**LEASED, "heard": [1200, 200_000]}, 200_900, "stale", True),
    ({**LEASED, "license": "site_mismatch"}, 900, "site_mismatch", False),
    ({}, 900, "unlicensed", False),
]


def judged(site: WordPress, body: str) -> list[object]:
    said: list[object] = json.loads(run_inside(site, HEAD + body + TAIL))
    return said


def test_a_license_is_judged_by_the_clock(site: WordPress) -> None:
    table = json.dumps([[record, now] for record, now, _state, _allowed in STATES])
    said = judged(
        site,
        f"$said = array(); foreach (json_decode('{table}', true) as $row) {{ $s->write('state', $row[0]);"
        "$l = new \\Acme\\Keydesk\\Bridge\\License\\State($s);"
        "$said[] = array($l->name($row[1]), $l->allows('captions', $row[1])); }",
    )
    assert said == [[state, allowed] for _record, _now, state, allowed in STATES]


def test_after_a_failure_nobody_asks_for_a_while_but_a_person_may_probe(site: WordPress) -> None:
    said = judged(
        site,
        "$b = new S\\Breaker($s); $b->succeeded(); $b->failed(1000, 0);"
        "$said = array($b->allows(false, 1100), $b->allows(true, 1030), $b->allows(true, 1061),"
        "$b->allows(true, 1100), $b->allows(false, 1000 + 361));"
        "$b->succeeded(); $said[] = $b->allows(false, 1001);",
    )
    assert said == [False, False, True, False, True, True]


def test_the_pause_grows_and_the_servers_own_wish_is_kept_within_bounds(site: WordPress) -> None:
    said = judged(
        site,
        "$b = new S\\Breaker($s); $b->succeeded(); $said = array();"
        "foreach (array(0, 0, 0, 5, 999999) as $after) { $b->failed(0, $after);"
        "$said[] = $s->read('net')['open_until']; }",
    )
    low, hour, two, asked, most = (int(str(pause)) for pause in said)
    assert 240 <= low <= 360
    assert 2880 <= hour <= 4320
    assert 5760 <= two <= 8640
    assert (asked, most) == (60, 86_400)


def test_a_request_that_the_breaker_held_back_is_no_try(site: WordPress) -> None:
    said = judged(
        site,
        "$i = $q->add('ticket', array('body' => 'x'), array(), 1, 1000); $said = array();"
        "foreach (array('no_answer', 'breaker_open', 'no_answer', 'no_answer') as $why) {"
        "$q->deliver($q->find($i['id']), fn() => $fail($why), 1000); $now = $q->find($i['id']);"
        "$said[] = array($now['tries'], $now['next'] - 1000); } $q->remove($i['id']);",
    )
    assert said == [[1, 300], [1, 60], [2, 3600], [3, 7200]]


def test_what_a_copied_database_wanted_to_send_stays_a_draft(site: WordPress) -> None:
    said = judged(
        site,
        "$i = $q->add('ticket', array('body' => 'x'), array(), 1, 1000); $i['home'] = 'live.example.com';"
        "$q->update($i); $sent = 0; $q->deliver($i, function () use (&$sent) { $sent++; }, 1000);"
        "$said = array($sent, $q->find($i['id'])['failed']); $q->remove($i['id']);",
    )
    assert said == [0, "site_changed"]


def test_a_release_of_a_copied_database_is_thrown_away_with_its_token(site: WordPress) -> None:
    said = judged(
        site,
        "$i = $q->add('release', array('token' => 'kdt_x'), array(), 1, 1000);"
        "$i['home'] = 'live.example.com'; $q->update($i); $sent = 0;"
        "$q->deliver($i, function () use (&$sent) { $sent++; }, 1000);"
        "$said = array($sent, $q->find($i['id']));",
    )
    assert said == [0, None]


TRUST = (
    "$c = new S\\Config((array) require WP_PLUGIN_DIR . '/acme-gallery/keydesk/config.php');"
    "$kept['lease'] = $s->read('lease'); $t = new \\Acme\\Keydesk\\Bridge\\License\\Trust($c, $s);"
    "$built = $c->leaseKeys()[0]; $all = fn() => array_keys($t->keys()->all());"
    "$key = function ($seed, $until = null) { $public = sodium_crypto_sign_publickey("
    "sodium_crypto_sign_seed_keypair(str_repeat($seed, 32))); return array("
    "'kid' => \\Acme\\Keydesk\\Bridge\\Client\\Keys::kid($public), 'not_after' => $until,"
    "'public_key' => \\Acme\\Keydesk\\Bridge\\Client\\Signed::encode($public)); };"
)


def test_the_keys_of_a_signed_answer_are_trusted_besides_those_built_in(site: WordPress) -> None:
    said = judged(
        site,
        TRUST + "$rows = array($key('a'), $key('b')); $t->learn($rows);"
        "$said = array($all(), array_column($rows, 'kid'), $built['kid'], 0);"
        "$t->learn(array_map($key, range('c', 'i'))); $said[3] = count($all());",
    )
    assert said[0] == [*list(said[1]), said[2]]  # type: ignore[call-overload]
    assert said[3] == 4, "never more than four"


def test_a_key_that_was_given_an_end_does_not_come_back_with_the_plugins_own_list(site: WordPress) -> None:
    said = judged(
        site,
        TRUST + "$good = fn($at) => $t->keys()->wasGoodAt($built['kid'], $at); $said = array($good(2000));"
        "$t->learn(array($key('a'), array('not_after' => 1000) + $built)); $said[] = $good(1000);"
        "$said[] = $good(1001); $t->learn(array($key('a'))); $said[] = $good(1001);",
    )
    assert said == [True, True, False, False]


def test_a_key_that_the_list_revokes_is_trusted_no_more(site: WordPress) -> None:
    said = judged(
        site,
        TRUST + "$t->learn(array($key('a')));"
        "$s->merge('lease', array('list' => array('serial' => 1, 'kids' => array($built['kid']))));"
        "$said = array($all() === array($key('a')['kid']));",
    )
    assert said == [True]
