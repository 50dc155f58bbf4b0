"""The bridge is a guest: it costs one small autoloaded row, asks nobody, and leaves nothing behind."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.wp_bridge.boot.site import WordPress, run_cron
from tests.wp_bridge.site.wp_users import RECORDS, Person, records, run_inside

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bridge_site")]

SCREEN = "/wp-admin/admin.php?page=acme-gallery-keydesk&tab="
PAGES = (
    "/",
    "/wp-login.php",
    "/wp-admin/",
    "/wp-admin/plugins.php",
    "/wp-admin/admin.php?page=acme-gallery",
    *(SCREEN + tab for tab in ("help", "license", "contact", "tickets", "ticket")),
)


def ours(site: WordPress) -> list[str]:
    """Requests to our server; WordPress' own go to other hosts."""
    return [line["url"] for line in site.requests() if "/v1/" in line["url"]]


def test_exactly_one_small_row_is_autoloaded(site: WordPress) -> None:
    rows = records(site)
    loaded = [name for name, (autoload, _value) in rows.items() if autoload in {"on", "yes", "auto-on"}]
    assert loaded == [RECORDS + "state"]
    assert len(rows[RECORDS + "state"][1].encode()) <= 1024
    assert len(rows) == 7


def test_no_page_asks_the_server_and_none_writes(site: WordPress) -> None:
    admin = Person(site, site.user, site.password)
    before, asked = records(site), ours(site)
    for path in PAGES:
        assert admin.ask(path)[0] == 200, path
    run_cron(site)
    assert ours(site) == asked
    assert records(site) == before


def test_the_front_page_costs_no_query_and_few_classes(site: WordPress) -> None:
    code = (
        "global $wpdb, $acme_keydesk; $before = $wpdb->num_queries;"
        "$answer = $acme_keydesk->allows('captions') ? 'yes' : 'no';"
        "$own = array_filter(get_declared_classes(), fn($c) => strpos($c, 'Acme\\\\Keydesk\\\\') === 0);"
        "echo $wpdb->num_queries - $before, ' ', count($own), ' ', $answer,"
        "' ', $acme_keydesk->license_state();"
    )
    queries, classes, allowed, state = run_inside(site, code).split()
    assert (queries, allowed) == ("0", "no")
    assert state in {"unlicensed", "released"}, "the site is shared with tests that gave their license back"
    assert int(classes) <= 9


def test_the_addresses_of_others_cost_no_query(site: WordPress) -> None:
    code = (
        "global $wpdb, $acme_keydesk; $GLOBALS['wp_rest_server'] = new WP_REST_Server();"
        "add_filter('doing_it_wrong_trigger_error', '__return_false');"  # the action runs core's too
        "$before = $wpdb->num_queries; $acme_keydesk->onRest(); echo $wpdb->num_queries - $before;"
    )
    assert run_inside(site, code) == "0"


QUEUE = (
    "use Acme\\Keydesk\\Bridge\\Site as S; $n = new S\\Names('acme-gallery'); $s = new S\\Store($n);"
    "$q = new S\\Queue($s, new S\\Identity($s), new S\\Ticker($s, $n)); $o = 'keydesk_acme_gallery_queue';"
    "$add = fn($t) => $q->add('ticket', array('subject' => (string) $t, 'body' => 'x'), array(), 1, time());"
)
EMPTY = "update_option('keydesk_acme_gallery_queue', '{\"v\":1}', false);"


def queued(site: WordPress) -> list[str]:
    items = json.loads(records(site)[RECORDS + "queue"][1]).get("items", [])
    return [item["body"]["subject"] for item in items]


def test_what_several_people_send_at_once_is_all_kept(site: WordPress) -> None:
    with ThreadPoolExecutor(6) as people:
        list(people.map(lambda number: run_inside(site, f"{QUEUE} $add({number});"), range(12)))
    kept = queued(site)
    run_inside(site, EMPTY)
    assert sorted(map(int, kept)) == list(range(12))


def test_a_tick_that_waited_for_the_server_keeps_what_came_meanwhile(site: WordPress) -> None:
    """The tick knows the queue of five seconds ago; a person has filed a ticket since, in another process."""
    meanwhile = (
        "$first = $add('first'); $r = json_decode(get_option($o), true);"
        "$r['items'][] = array('id' => 'b', 'body' => array('subject' => 'second')) + $first;"
        "global $wpdb; $w = array('option_name' => $o);"
        "$wpdb->update($wpdb->options, array('option_value' => json_encode($r)), $w);"
        "$q->remove($first['id']);"
    )
    run_inside(site, QUEUE + meanwhile)
    kept = queued(site)
    run_inside(site, EMPTY)
    assert kept == ["second"]


def test_a_failing_hook_leaves_the_page_whole(site: WordPress) -> None:
    config = site.root / "wp-config.php"
    strict = config.read_text("utf-8")
    assert "'KEYDESK_RETHROW', true" in strict  # elsewhere in the tests an error must show
    broken = site.root / "wp-content" / "mu-plugins" / "broken.php"
    broken.write_text(
        "<?php add_filter('keydesk_acme_gallery_capability', function () { throw new Exception('x'); });",
        "utf-8",
    )
    config.write_text(strict.replace("'KEYDESK_RETHROW', true", "'KEYDESK_RETHROW', false"), "utf-8")
    try:
        status, text = Person(site, site.user, site.password).ask("/wp-admin/plugins.php")
    finally:
        broken.unlink()
        config.write_text(strict, "utf-8")
    assert status == 200
    assert "</html>" in text


def test_uninstalling_leaves_nothing(site: WordPress) -> None:
    kept = "foreach (%s as $n => $r) { add_option($n, $r[1], '', $r[0] === 'on'); }"
    before = records(site)
    run_inside(
        site,
        "update_user_meta(1, 'keydesk_acme_gallery_draft', '{}');"
        "define('WP_UNINSTALL_PLUGIN', 'acme-gallery/acme-gallery.php');"
        "require WP_PLUGIN_DIR . '/acme-gallery/uninstall.php';",
    )
    left = run_inside(
        site,
        "echo json_encode(array(get_user_meta(1, 'keydesk_acme_gallery_draft'),"
        "wp_next_scheduled('keydesk_acme_gallery_tick')));",
    )
    assert records(site) == {}
    assert left == "[[],false]"
    rows = ", ".join(f"'{name}' => array('{load}', '{value}')" for name, (load, value) in before.items())
    run_inside(site, kept % f"array({rows})")


def test_php_had_nothing_to_complain_about(site: WordPress) -> None:
    lines = [line for line in site.debug_lines() if "keydesk" in line.lower() and "Exception in" not in line]
    assert lines == []
