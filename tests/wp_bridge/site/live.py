"""A site with the bridge, its administrator, and the vendor behind the server: what each can do."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.tools.mail_sink import MailSink
from tests.wp_bridge.boot.site import WordPress, pass_time, run_cron
from tests.wp_bridge.site.wp_users import RECORDS, ROUTES, Person, records, run_inside

SCREEN = "/wp-admin/admin.php?page=acme-gallery-keydesk&tab="
ACTS = ["activate", "refresh", "release", "transfer", "resolve", "mail_ask", "mail_look"]


@dataclass
class Live:
    """The parts, each real."""

    site: WordPress
    mails: MailSink
    facts: dict[str, Any]
    last: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def admin(self) -> Person:
        return Person(self.site, self.site.user, self.site.password)

    @cached_property
    def nonces(self) -> dict[str, str]:
        return self.admin.nonces(ACTS)

    def act(self, name: str, **fields: Any) -> int:
        """One act through the dispatcher, as the script of the screen does it; `last` is the answer."""
        headers = {
            "Content-Type": "application/json",
            "X-WP-Nonce": self.nonces["rest"],
            "X-Keydesk-Nonce": self.nonces[name],
        }
        status, text = self.admin.ask(f"{ROUTES}/{name}", json.dumps(fields).encode(), headers)
        self.last = json.loads(text)
        return status

    def press(self, name: str, **fields: str) -> str:
        """One act by a form, without a script; the screen to which it leads."""
        form = {"action": RECORDS + name, "_keydesk": self.nonces[name], **fields}
        request = urllib.request.Request(
            f"{self.site.url}/wp-admin/admin-post.php", urllib.parse.urlencode(form).encode()
        )
        try:
            self.admin.opener.open(request, timeout=60).close()
        except urllib.error.HTTPError as answer:
            with answer:
                self.last = {"redirect": answer.headers["Location"]}
        return self.told()

    def screen(self, tab: str = "license", more: str = "") -> str:
        """The words of a screen, in one line."""
        status, text = self.admin.ask(SCREEN + tab + more)
        assert status == 200
        inner = text[text.index("data-tab=") : text.index('id="wpfooter"')]
        return re.sub(r"\s+", " ", re.sub(r"<(?!input)[^>]*>", " ", inner))

    def told(self) -> str:
        """The screen to which the last act leads."""
        return self.screen(more="&" + self.last["redirect"].partition("tab=license&")[2])

    def record(self, name: str) -> dict[str, Any]:
        held: dict[str, Any] = json.loads(records(self.site)[RECORDS + name][1])
        return held

    @property
    def state(self) -> tuple[str, bool]:
        """What the plugin itself is told: the state, and whether captions are on."""
        code = (
            "global $acme_keydesk; echo json_encode("
            "array($acme_keydesk->license_state(), $acme_keydesk->allows('captions')));"
        )
        state, on = json.loads(run_inside(self.site, code))
        return state, on

    def begin(self, home: str, plan: str = "studio", email: str = "b@x.example.com", **told: str) -> str:
        """The site at this address with a license of its own; the license's id."""
        self.forget(home)
        product = self.facts["product_file"]["product"]
        made = self.vendor("licenses", product_id=product, plan=plan, email=email, **told)
        assert self.act("activate", license_key=made["license_key"]) == 200, self.last
        return str(made["license_id"])

    def forget(self, home: str, *, keep: str = "") -> None:
        """A site at this address that never had a license. Many tests act within one minute."""
        empty = "".join(
            f"update_option('{RECORDS}{name}', '{{\"v\":1}}', {'true' if name == 'state' else 'false'});"
            for name in ("state", "site", "credentials", "lease", "queue", "net")
            if name != keep
        )
        again = f"delete_transient('{RECORDS}rate_send_1');"
        run_inside(self.site, f"{empty} {again} update_option('home', '{home}');")

    @contextmanager
    def server_away(self) -> Iterator[None]:
        """The site cannot reach the server for a while."""
        plug = self.site.root / "wp-content" / "mu-plugins" / "unplugged.php"
        cut = "str_contains($url, '/v1/') ? new WP_Error('http_request_failed', 'unplugged') : $answer"
        plug.write_text(
            f"<?php add_filter('pre_http_request', fn($answer, $asked, $url) => {cut}, 99, 3);", "utf-8"
        )
        try:
            yield
        finally:
            plug.unlink()

    def open(self, address: str, **form: str) -> str:
        """A page of the server in the customer's browser; with fields its form is sent."""
        body = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(address, body, timeout=15) as reply:
            return str(reply.read().decode())

    def move(self, home: str) -> None:
        """The database comes to life at another address; the site notices for sure."""
        run_inside(self.site, f"update_option('home', '{home}');")
        self.tick()
        self.wait(601)
        self.tick()

    def tick(self) -> None:
        pass_time(self.site, RECORDS, 3_600)
        run_cron(self.site)

    def wait(self, seconds: int) -> None:
        pass_time(self.site, RECORDS, seconds)

    def license(self, license_id: str) -> dict[str, Any]:
        return self.vendor(f"licenses/{license_id}")

    def vendor(self, path: str, method: str = "", **told: Any) -> dict[str, Any]:
        """A call of the vendor's own script."""
        return self.call(f"vendor/{path}", self.facts["vendor_api_key"], told, method=method)

    def call(
        self, path: str, token: str, told: dict[str, Any], key: str = "", method: str = ""
    ) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.facts['api_url']}/{path}",
            json.dumps(told).encode() if told else None,
            method=method or ("POST" if told else "GET"),
        )
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for name, value in headers.items() | ({"Idempotency-Key": key}.items() if key else set()):
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=15) as reply:
                answer: dict[str, Any] = json.load(reply)
                return answer
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise AssertionError(refusal.read().decode()) from None
