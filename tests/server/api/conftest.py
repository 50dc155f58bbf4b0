"""A license of the story's vendor, and ways to ask the API as a site or as a script."""

import base64
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from keydesk._signatures import SigningKey, reply_is_genuine
from werkzeug.test import TestResponse

from server.accounts.services import create_api_key, published_signing_keys
from server.catalog.models import Plan, Product
from server.customers.services import customer_for
from server.kernel import clock, settings
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import issue_license
from tests.conftest import Cast

Ask = Callable[..., TestResponse]


@pytest.fixture
def sold(harbour: Cast) -> tuple[str, str]:
    """A license of 5 sites and a year that began just now: its id and its key.

    An id, because each request ends the session that rows of the test would hang on.
    """
    now = clock.now()
    with writing():
        customer = customer_for("ana@buyer.example.com", now=now, name="Ana", locale="ro")
        license, key = issue_license(
            product=resolve(Product, harbour.product.id),
            plan=resolve(Plan, harbour.plan.id),
            customer=customer,
            now=now,
        )
    return license.id, key


@pytest.fixture
def held(sold: tuple[str, str]) -> Callable[[], License]:
    """`held()`: the license as it is now."""
    return lambda: resolve(License, sold[0])


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """`ask("POST", path, credential, {...})`: as the bridge calls, with nonce and idempotency key."""

    def run(
        method: str, path: str, credential: str = "", body: Any = None, *, key: str | None = "", **more: Any
    ) -> TestResponse:
        headers = {"Keydesk-Nonce": new_nonce(), **more.pop("headers", {})}
        if credential:
            headers["Authorization"] = f"Bearer {credential}"
        if method in {"POST", "DELETE"} and key is not None:
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        return client.open(path, method=method, json=body, headers=headers, **more)

    return run


@pytest.fixture
def site_facts() -> Callable[..., dict[str, Any]]:
    """What a site says about itself; `site_facts(3)` is the third one."""

    def facts(number: int = 1, **more: Any) -> dict[str, Any]:
        return {
            "site_uid": f"{number:032x}",
            "site_url": f"https://shop-{number}.example.com",
            "environment": "production",
            **more,
        }

    return facts


@pytest.fixture
def activated(ask: Ask, harbour: Cast, sold: tuple[str, str], site_facts: Any) -> dict[str, Any]:
    """The answer of one activation."""
    answer = ask("POST", "/v1/activations", harbour.product_key, site_facts(license_key=sold[1]))
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    return dict(answer.json)


@pytest.fixture
def token(activated: dict[str, Any]) -> str:
    """The token of an activated site."""
    return str(activated["site_token"])


@pytest.fixture
def neighbour(ask: Ask, harbour: Cast, sold: tuple[str, str], site_facts: Any) -> str:
    """The token of another site."""
    answer = ask("POST", "/v1/activations", harbour.product_key, site_facts(2, license_key=sold[1]))
    assert answer.json is not None
    return str(answer.json["site_token"])


@pytest.fixture
def with_limits(app_settings: settings.Settings) -> None:
    """Rate limits as an operator has them."""
    settings.remember(replace(settings.current(), rate_limits=True))


@pytest.fixture
def script(harbour: Cast) -> Callable[..., str]:
    """`script("licenses:read", mode="test")`: an API key of the vendor with these scopes."""

    def make(*scopes: str, mode: str = "live") -> str:
        with writing():
            _row, text = create_api_key(name="test", scopes=list(scopes), now=clock.now(), mode=mode)
        return text

    return make


def new_nonce() -> str:
    """16 random bytes, as the bridge sends them."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()


def is_genuine(answer: TestResponse) -> bool:
    """Whether the verifier that passes the shared vectors takes it as the vendor's answer to this request."""
    keys = [SigningKey(key["public_key"]) for key in published_signing_keys()]
    return reply_is_genuine(
        answer.headers.get("Keydesk-Signature"),
        status=answer.status_code,
        method=answer.request.method,
        path=answer.request.path,
        nonce=answer.request.headers["Keydesk-Nonce"],
        etag=answer.headers.get("ETag", ""),
        body=answer.data,
        keys=keys,
        now=int(time.time()),
    )


def code_of(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal, which must be a problem document."""
    assert answer.content_type == "application/problem+json", answer.text
    assert answer.json is not None
    return answer.status_code, answer.json["code"]
