"""People at a WordPress over plain HTTP, and scripts that look into the site from the inside."""

import http.cookiejar
import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from tests.wp_bridge.boot.site import WordPress

PLUGIN = "acme-gallery"
ROUTES = f"/wp-json/keydesk-{PLUGIN}/v1"
RECORDS = "keydesk_acme_gallery_"

# Hands a logged-in person the nonces that only our own screen prints, so that a refusal can be the
# work of the capability alone.
NONCE_TAP = """<?php add_action('init', function () {
    if (isset($_GET['nonces'])) {
        $made = array('rest' => wp_create_nonce('wp_rest'));
        foreach (explode(',', $_GET['nonces']) as $act) {
            $made[$act] = wp_create_nonce('keydesk_acme_gallery_' . $act);
        }
        wp_send_json($made);
    }
});
"""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer to look at."""

    def redirect_request(self, *_facts: Any, **_more: Any) -> None:
        return None


@dataclass
class Person:
    """Somebody with a browser; without a name: a stranger."""

    site: WordPress
    name: str = ""
    password: str = ""
    opener: urllib.request.OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar, NoRedirect)
        if self.name:
            self.opener.addheaders = [("Cookie", "wordpress_test_cookie=WP%20Cookie%20check")]
            self.post("/wp-login.php", {"log": self.name, "pwd": self.password, "testcookie": "1"})
            self.opener.addheaders = []

    def nonces(self, acts: list[str]) -> dict[str, str]:
        made: dict[str, str] = json.loads(self.ask("/?nonces=" + ",".join(acts))[1])
        return made

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        return self.ask(path, urllib.parse.urlencode(fields).encode())

    def ask(
        self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str]:
        request = urllib.request.Request(self.site.url + path, data=body, headers=headers or {})
        try:
            with self.opener.open(request, timeout=60) as reply:
                return reply.status, reply.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode("utf-8", "replace")


def run_inside(site: WordPress, code: str) -> str:
    """Run PHP with the site loaded; what it prints."""
    head, _, rest = code.partition(";") if code.startswith("use ") else ("", "", code)
    load = f"{head};$_SERVER['REQUEST_URI'] = '/'; require '{site.root}/wp-load.php'; "
    done = subprocess.run(["php", "-r", load + rest], capture_output=True, text=True, check=True)
    return done.stdout


def records(site: WordPress) -> dict[str, list[str]]:
    """Every row of ours in the options table but transients: name to [autoload, value]."""
    code = (
        'global $wpdb; echo json_encode($wpdb->get_results("SELECT option_name, autoload, option_value'
        " FROM $wpdb->options WHERE option_name LIKE 'keydesk%'\", ARRAY_N));"
    )
    return {name: [autoload, value] for name, autoload, value in json.loads(run_inside(site, code))}
