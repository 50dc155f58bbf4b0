"""Environment vectors: each rule of protocols 2.3 hit, and narrowly missed."""

from typing import Any

from tests.vectors.making import Family, case

# site_key, environment sent, environment recorded, number of the rule
ROWS: tuple[tuple[str, str, str, int], ...] = (
    ("localhost:8881", "production", "local", 1),
    ("shop", "production", "local", 1),
    ("127.0.0.1:8080", "production", "local", 1),
    ("10.1.2.3", "production", "local", 1),
    ("172.16.0.1", "staging", "local", 1),
    ("172.32.0.1", "production", "production", 7),
    ("192.168.1.5/wp", "production", "local", 1),
    ("169.254.1.1", "production", "local", 1),
    ("240.0.0.1", "production", "local", 1),
    ("8.8.8.8", "production", "production", 7),
    ("[::1]:8080", "production", "local", 1),
    ("[fd00::1]", "production", "local", 1),
    ("[fe80::1]", "production", "local", 1),
    ("[2606:4700::1111]", "production", "production", 7),
    ("shop.test", "production", "local", 2),
    ("shop.local", "production", "local", 2),
    ("shop.localhost:3000", "production", "local", 2),
    ("shop.invalid", "production", "local", 2),
    ("bakery.example", "production", "local", 2),
    ("shop.internal", "production", "local", 2),
    ("shop.lan", "production", "local", 2),
    ("shop.dev", "production", "production", 7),
    ("test.shop.com", "production", "staging", 3),
    ("dev.example.com", "production", "staging", 3),
    ("staging.example.com/blog", "production", "staging", 3),
    ("stage-2.example.com", "production", "staging", 3),
    ("shop-qa.example.com", "production", "staging", 3),
    ("preview.example.co.uk", "production", "staging", 3),
    ("sandbox.example.com:8443", "development", "staging", 3),
    ("staging.com", "production", "production", 7),
    ("developer.example.com", "production", "production", 7),
    ("mystaging.example.com", "production", "production", 7),
    ("www-dev-shop.example.com", "production", "production", 7),
    ("shop.staging.example.com", "production", "production", 7),
    ("latest.example.com", "production", "production", 7),
    ("acme.wpengine.com", "production", "staging", 4),
    ("acme.kinsta.cloud", "production", "staging", 4),
    ("a.b.instawp.xyz", "production", "staging", 4),
    ("notwpengine.com", "production", "production", 7),
    ("wpengine.com.evil.com", "production", "production", 7),
    ("example.com/staging", "production", "staging", 5),
    ("example.com/shop/staging", "production", "staging", 5),
    ("example.com/staging/123", "production", "staging", 5),
    ("example.com/staging/blog", "production", "production", 7),
    ("example.com/mystaging", "production", "production", 7),
    ("example.com/Staging", "production", "production", 7),
    ("example.com", "staging", "staging", 6),
    ("example.com", "development", "development", 6),
    ("example.com", "local", "local", 6),
    ("example.com", "production", "production", 7),
    ("shop-1.example.com", "production", "production", 7),
    ("xn--bcher-kva.de/blog", "production", "production", 7),
)


def family() -> Family:
    return Family("environments", 18, [row(*each) for each in ROWS])


def row(site_key: str, sent: str, recorded: str, rule: int) -> dict[str, Any]:
    input = {"site_key": site_key, "environment": sent}
    expect = {"environment": recorded, "takes_seat": rule == 7, "rule": rule}
    return case(f"env-{site_key}-{sent}", f"{site_key} says {sent}: rule {rule}", input, expect)
