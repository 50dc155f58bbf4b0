"""Makes exports as large as wanted in the shape of each system: licenses, their buyers and two sites each."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Rows = Iterable[list[Any]]
SITES = 2


def edd(folder: Path, count: int) -> list[Path]:
    """The license export of EDD Software Licensing."""
    header = [
        "License ID", "License Key", "License Status", "Customer ID", "Customer Email", "Customer Name",
        "User ID", "Product Name", "Price ID", "Purchase Date", "Expiration Date", "Activation Limit",
        "Activation Count", "Activated URLs",
    ]  # fmt: skip
    rows = (
        [
            n, f"{n:032x}", ("active", "inactive", "expired", "disabled")[n % 4], n, mail(n), f"Buyer {n}", n,
            f"Plugin {n % 5}", n % 3, "2025-01-10 09:30:00", ("2027-01-10 23:59:59", "0")[n % 2], 5, SITES,
            ", ".join(urls(n)),
        ]
        for n in range(count)
    )  # fmt: skip
    return [table(folder / "edd.csv", header, rows)]


def freemius(folder: Path, count: int) -> list[Path]:
    """Pages of the API, as somebody saves them one behind the other."""
    licenses = (
        {
            "id": str(n), "plugin_id": str(n % 5), "user_id": str(n), "plan_id": "31", "pricing_id": "41",
            "quota": None if n % 3 else 5, "activated": SITES, "expiration": "2027-03-01 10:00:00",
            "secret_key": f"sk_{n:024d}=!+~*", "is_cancelled": n % 7 == 0, "environment": 0,
            "created": "2025-03-01 10:00:00",
        }
        for n in range(1, count + 1)
    )  # fmt: skip
    users = ({"id": str(n), "email": mail(n), "first": "Buyer", "last": str(n)} for n in range(1, count + 1))
    installs = (
        {
            "id": f"{n}{at}",
            "license_id": str(n),
            "url": url,
            "is_active": True,
            "created": "2025-03-02 10:00:00",
        }
        for n in range(1, count + 1)
        for at, url in enumerate(urls(n))
    )
    return [
        pages(folder / "licenses.json", "licenses", licenses),
        pages(folder / "users.json", "users", users),
        pages(folder / "installs.json", "installs", installs),
    ]


def lmfwc(folder: Path, count: int) -> list[Path]:
    """The license export of License Manager for WooCommerce, its activations, and orders."""
    licenses = (
        [
            n,
            n,
            n % 5 + 1,
            n,
            f"LM-{n:016d}",
            "2027-05-01 00:00:00",
            "",
            "DELIVERED",
            SITES,
            5,
            "2025-05-01 08:00:00",
        ]
        for n in range(count)
    )
    orders = ([n, "Buyer", n, mail(n)] for n in range(count))
    activations = (
        [f"{n}{at}", n, url, "2025-05-02 08:00:00", ""]
        for n in range(count)
        for at, url in enumerate(urls(n))
    )
    names = "id,order_id,product_id,user_id,license_key,expires_at,valid_for,status,times_activated"
    return [
        table(folder / "lm.csv", [*names.split(","), "times_activated_max", "created_at"], licenses),
        table(
            folder / "orders.csv",
            "order_id,billing_first_name,billing_last_name,billing_email".split(","),
            orders,
        ),
        table(
            folder / "activations.csv",
            "id,license_id,label,created_at,deactivated_at".split(","),
            activations,
        ),
    ]


def lemonsqueezy(folder: Path, count: int) -> list[Path]:
    """The lists of the API."""
    keys = (
        {
            "type": "license-keys", "id": str(n),
            "attributes": {
                "order_id": n, "product_id": n % 5, "user_name": f"Buyer {n}", "user_email": mail(n),
                "key": f"{n:08d}-5104-4067-a91d-77b872934d51", "activation_limit": 5, "disabled": 0,
                "status": "active", "expires_at": "2027-01-24T14:15:07.000000Z",
                "created_at": "2026-01-24T14:15:07.000000Z",
            },
        }
        for n in range(count)
    )  # fmt: skip
    instances = (
        {
            "type": "license-key-instances", "id": f"{n}{at}",
            "attributes": {"license_key_id": n, "name": url, "created_at": "2026-01-26T14:15:07.000000Z"},
        }
        for n in range(count)
        for at, url in enumerate(urls(n))
    )  # fmt: skip
    return [
        pages(folder / "keys.json", "data", keys),
        pages(folder / "instances.json", "data", instances),
    ]


def plain(folder: Path, count: int) -> list[Path]:
    """One table with all of it."""
    header = "license_id,key,email,name,product,plan,seats,status,valid_until,created_at,sites".split(",")
    rows = (
        [
            n, f"PLAIN-{n:012d}", mail(n), f"Buyer {n}", f"Plugin {n % 5}", "studio", 5, "active",
            "2027-12-31", "2025-12-31", " ".join(urls(n)),
        ]
        for n in range(count)
    )  # fmt: skip
    return [table(folder / "plain.csv", header, rows)]


MANY: dict[str, Callable[[Path, int], list[Path]]] = {
    "edd": edd,
    "freemius": freemius,
    "lmfwc": lmfwc,
    "lemonsqueezy": lemonsqueezy,
    "plain": plain,
}


def mail(n: int) -> str:
    """The address of a buyer; some bought twice."""
    return f"buyer-{n - n % 10 // 9}@mail.example.com"


def urls(n: int) -> Iterator[str]:
    """The sites of a license: one that counts, and a copy for tests."""
    yield f"https://shop-{n}.example-{n % 97}.com"
    yield f"https://staging.shop-{n}.example-{n % 97}.com/blog/"


def table(path: Path, header: list[str], rows: Rows) -> Path:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(header)
        lines.writerows(rows)
    return path


def pages(path: Path, name: str, rows: Iterable[dict[str, Any]]) -> Path:
    """JSON pages of 50 rows, one behind the other."""
    with path.open("w", encoding="utf-8") as file:
        page: list[dict[str, Any]] = []
        for row in rows:
            page.append(row)
            if len(page) == 50:
                file.write(json.dumps({"meta": {"total": 1}, name: page}) + "\n")
                page = []
        if page:
            file.write(json.dumps({name: page}))
    return path
