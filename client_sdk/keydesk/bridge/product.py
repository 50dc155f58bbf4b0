"""Reads the product file that the vendor's console exports, and refuses what could not work."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}
PRODUCT_KEY = re.compile(r"kdp_[0-9A-Za-z]{30}")
OPTIONAL_URLS = ("terms_url", "privacy_url", "docs_url")


class BuildRefused(ValueError):
    """The builder refuses; ``code`` is stable (wordpress.md 1.2), the text is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class LeaseKey:
    """A public key by which leases and replies are verified."""

    kid: str
    public_key: str


@dataclass(frozen=True)
class Product:
    """What the bridge must know about the server; it holds no secret."""

    server: str
    tenant: str
    product: str
    product_key: str
    name: str
    lease_keys: tuple[LeaseKey, ...]
    terms_url: str
    privacy_url: str
    docs_url: str


def read_product(path: Path) -> Product:
    """Read and judge a product file. Raises BuildRefused: bad_product_file, bad_server, bad_key."""
    try:
        raw = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BuildRefused("bad_product_file", f"{path.name} is not a product file: {error}") from error
    if not isinstance(raw, dict):
        raise BuildRefused("bad_product_file", f"{path.name} is not a JSON object")
    product_key = _text(raw, "product_key")
    if not PRODUCT_KEY.fullmatch(product_key):
        raise BuildRefused("bad_key", "product_key must be a publishable key that begins with kdp_")
    urls = {name: _address(raw, name) for name in OPTIONAL_URLS}
    return Product(
        server=_server(_text(raw, "server")),
        tenant=_text(raw, "tenant"),
        product=_text(raw, "product"),
        product_key=product_key,
        name=_text(raw, "name"),
        lease_keys=_lease_keys(raw.get("lease_keys")),
        **urls,
    )


def _text(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 500:
        raise BuildRefused("bad_product_file", f"the product file lacks {name}")
    return value.strip()


def _server(address: str) -> str:
    parts = urlsplit(address)
    plain = parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.scheme != "https" and not plain:
        raise BuildRefused("bad_server", "the server must have an https address (http only for this machine)")
    if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise BuildRefused("bad_server", "the server's address must hold no login, query or fragment")
    return address.rstrip("/")


def _address(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name) or ""
    if value and (not isinstance(value, str) or urlsplit(value).scheme not in {"https", "http"}):
        raise BuildRefused("bad_product_file", f"{name} must be a web address")
    return str(value)


def _lease_keys(rows: object) -> tuple[LeaseKey, ...]:
    if not isinstance(rows, list) or not 1 <= len(rows) <= 4:
        raise BuildRefused("bad_key", "the product file needs one to four lease keys")
    return tuple(_lease_key(row) for row in rows)


def _lease_key(row: object) -> LeaseKey:
    if not isinstance(row, dict) or not isinstance(row.get("public_key"), str):
        raise BuildRefused("bad_key", "a lease key needs kid and public_key")
    text = row["public_key"]
    try:
        public = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BuildRefused("bad_key", "a lease key is not base64url") from error
    kid = "k" + hashlib.sha256(public).hexdigest()[:16]
    if len(public) != 32 or row.get("kid") != kid:
        raise BuildRefused("bad_key", f"the lease key {row.get('kid')} does not fit its kid")
    return LeaseKey(kid, text)
