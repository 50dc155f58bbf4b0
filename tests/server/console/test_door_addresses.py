"""The console names the addresses that plugins of other systems are given, and each of them answers."""

from __future__ import annotations

import html
import re

from server.catalog.models import DOORS, Product
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from tests.server.console.conftest import Browser
from tests.server.console.story import Story

ADDRESS = re.compile(r"http://localhost(/compat/[^<\s]+)")


def test_each_address_that_is_shown_leads_to_an_open_door(desk: Browser, story: Story) -> None:
    with writing():
        resolve(Product, story.product_id).doors = list(DOORS)

    shown = [
        html.unescape(path) for path in ADDRESS.findall(desk.text(f"/products/{story.product_id}/doors"))
    ]

    assert len(shown) == len(DOORS)
    edd, puc, wpus, ls = shown
    assert desk.client.post(edd, data={"edd_action": "get_version", "item_id": "1"}).json["sections"]  # type: ignore[index]
    assert desk.client.get(puc).json["name"]  # type: ignore[index]
    assert desk.client.get(wpus).json["name"]  # type: ignore[index]
    assert desk.client.post(f"{ls}validate", data={"license_key": story.key}).json["valid"] is True  # type: ignore[index]
