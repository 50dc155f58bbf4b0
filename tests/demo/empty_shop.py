"""The test shop of an empty server: its account is kept; it learns the hook once the owner connects it."""

import json
import secrets
import threading
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select

from server.billing import services as billing
from server.billing.models import StripeConnection
from server.kernel import db
from server.kernel.db import session
from server.kernel.tenancy import system_scope
from tests.demo.connect_helpdesk import beside_the_server

LOOK_S = 1.0


def kept_account(data_dir: Path) -> dict[str, str]:
    """The key and webhook secret that the owner enters under Payments; the same at each start."""
    path = data_dir / "run" / "test-shop.json"
    if not path.exists():
        made = {
            "api_key": f"sk_test_{secrets.token_hex(12)}",
            "webhook_secret": f"whsec_{secrets.token_hex(16)}",
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(made, indent=2), encoding="utf-8")
    account: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return account


class HookWatch:
    """Looks each second whether the owner has connected Stripe, then tells the shop the hook's address."""

    def __init__(self, environ: Mapping[str, str], shop_url: str, account: dict[str, str]) -> None:
        self._environ, self._shop_url, self._account = environ, shop_url, account
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(LOOK_S)

    def _watch(self) -> None:
        with beside_the_server(self._environ):
            while not self._over.wait(LOOK_S):
                address = hook_address()
                if address and introduce(self._shop_url, self._account, address):
                    return


def hook_address() -> str:
    """Where the first connection in test mode wants its events; "" while there is none."""
    with system_scope("the demo's test shop serves whoever connects it"):
        connection = session.scalars(
            select(StripeConnection).where(StripeConnection.mode == "test").order_by(StripeConnection.id)
        ).first()
        address = billing.hook_url(connection) if connection else ""
    db.session.remove()
    return address


def introduce(shop_url: str, account: dict[str, str], hook_url: str) -> bool:
    """Whether the shop took it; it may still be starting."""
    body = {"api_key": account["api_key"], "secrets": [account["webhook_secret"]], "hook_url": hook_url}
    request = urllib.request.Request(f"{shop_url}/_test/accounts", json.dumps(body).encode(), method="POST")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
