"""Everything the double remembers: objects by account, answers given once, deliveries still owed."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (
    api_key TEXT PRIMARY KEY, secrets TEXT NOT NULL, hook_url TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL, account TEXT NOT NULL, state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    due_at REAL NOT NULL, give_up_at REAL NOT NULL, last_status INTEGER);
"""


@dataclass(frozen=True)
class Account:
    """One Stripe account: where its events go and which secrets sign them (two while one is rotated)."""

    api_key: str
    secrets: list[str]
    hook_url: str


@dataclass(frozen=True)
class Delivery:
    """An event on its way to the receiver."""

    id: int
    event: str
    account: str
    state: str
    tries: int
    due_at: float
    give_up_at: float
    last_status: int | None


@dataclass
class Store:
    """One sqlite connection behind one lock; in memory unless a file is named."""

    path: Path | None = None
    fallback: Account | None = None
    calls: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=5000))

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self._db = sqlite3.connect(self.path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(_TABLES)
        # What was being sent when the last process ended was not acknowledged.
        self._db.execute("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")

    @contextmanager
    def together(self) -> Iterator[None]:
        """All of it or nothing, one thread at a time; may be nested."""
        with self.lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def save(self, account: str, body: dict[str, Any]) -> None:
        with self.lock:
            self._db.execute(
                "INSERT INTO objects (id, account, kind, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                (body["id"], account, body["object"], json.dumps(body)),
            )

    def load(self, id: str, *, account: str | None = None, kind: str | None = None) -> dict[str, Any] | None:
        owned = self.owned(id)
        if owned is None or (account is not None and owned[0] != account):
            return None
        return owned[1] if kind in (None, owned[1]["object"]) else None

    def owned(self, id: str) -> tuple[str, dict[str, Any]] | None:
        """The account that owns the object, and the object."""
        with self.lock:
            row = self._db.execute("SELECT account, body FROM objects WHERE id = ?", (id,)).fetchone()
        return (row["account"], json.loads(row["body"])) if row else None

    def newest_first(self, account: str | None, kind: str) -> list[dict[str, Any]]:
        with self.lock:
            rows = self._db.execute(
                "SELECT body FROM objects WHERE kind = ? AND (? IS NULL OR account = ?) ORDER BY seq DESC",
                (kind, account, account),
            ).fetchall()
        return [json.loads(row["body"]) for row in rows]

    def put_account(self, account: Account) -> None:
        with self.lock:
            self._db.execute(
                "INSERT INTO accounts (api_key, secrets, hook_url) VALUES (?, ?, ?) "
                "ON CONFLICT (api_key) DO UPDATE "
                "SET secrets = excluded.secrets, hook_url = excluded.hook_url",
                (account.api_key, json.dumps(account.secrets), account.hook_url),
            )

    def account(self, api_key: str) -> Account | None:
        """A key that nobody introduced works too, and its events go to the fallback."""
        with self.lock:
            row = self._db.execute("SELECT * FROM accounts WHERE api_key = ?", (api_key,)).fetchone()
        return Account(row["api_key"], json.loads(row["secrets"]), row["hook_url"]) if row else self.fallback

    def remember_answer(
        self, account: str, key: str, fingerprint: str, status: int, body: dict[str, Any]
    ) -> None:
        with self.lock:
            self._db.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?)",
                (account, key, fingerprint, status, json.dumps(body)),
            )

    def remembered_answer(self, account: str, key: str) -> tuple[str, int, dict[str, Any]] | None:
        with self.lock:
            row = self._db.execute(
                "SELECT * FROM answers WHERE account = ? AND key = ?", (account, key)
            ).fetchone()
        return (row["fingerprint"], row["status"], json.loads(row["body"])) if row else None

    def owe_delivery(self, account: str, event: str, *, patience_s: float) -> None:
        now = time.time()
        with self.lock:
            self._db.execute(
                "INSERT INTO deliveries (event, account, state, tries, due_at, give_up_at) "
                "VALUES (?, ?, 'waiting', 0, ?, ?)",
                (event, account, now, now + patience_s),
            )

    def take_due_delivery(self, now: float) -> Delivery | None:
        with self.together():
            row = self._db.execute(
                "SELECT * FROM deliveries WHERE state = 'waiting' AND due_at <= ? "
                "ORDER BY due_at, id LIMIT 1",
                (now,),
            ).fetchone()
            if row is None:
                return None
            self._db.execute("UPDATE deliveries SET state = 'sending' WHERE id = ?", (row["id"],))
        return Delivery(**dict(row))

    def seconds_to_next_delivery(self, now: float) -> float | None:
        with self.lock:
            (due,) = self._db.execute("SELECT min(due_at) FROM deliveries WHERE state = 'waiting'").fetchone()
        return None if due is None else max(0.0, due - now)

    def settle_delivery(self, delivery: Delivery, status: int | None, *, retry_at: float) -> None:
        """2xx ends it; anything else is tried again until its patience is over."""
        state = "delivered" if status is not None and 200 <= status < 300 else "waiting"
        if state == "waiting" and retry_at > delivery.give_up_at:
            state = "given_up"
        with self.lock:
            self._db.execute(
                "UPDATE deliveries SET state = ?, tries = tries + 1, last_status = ?, due_at = ? "
                "WHERE id = ?",
                (state, status, retry_at, delivery.id),
            )

    def deliveries(self) -> list[dict[str, Any]]:
        with self.lock:
            rows = self._db.execute("SELECT * FROM deliveries ORDER BY id").fetchall()
        return [asdict(Delivery(**dict(row))) for row in rows]

    def forget(self, kind: str) -> None:
        with self.lock:
            self._db.execute("DELETE FROM objects WHERE kind = ?", (kind,))

    def forget_everything(self) -> None:
        with self.together():
            for table in ("objects", "answers", "deliveries"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 — names from the line above
        self.calls.clear()

    def close(self) -> None:
        with self.lock:
            self._db.close()
