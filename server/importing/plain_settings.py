"""Settings of products and plans in plain tables, and which rows must wait for those that they name."""

from collections.abc import Iterable, Iterator
from typing import Any

from server.importing.files import Cells
from server.importing.records import Place, Refusal
from server.importing.values import is_yes, number

ADDON_OF, BUNDLED = "addon_of_id", "bundled_plan_ids"
TEXTS = ("description", "docs_url", "homepage", "author")
CODES = ("edition", "after_expiry", "network_policy")
UNREADABLE = -1  # no plan can have it

Row = tuple[Place, Cells | Refusal]


def product_facts(cells: Cells) -> dict[str, Any]:
    """What the row says; an empty cell says nothing."""
    facts: dict[str, Any] = {name: text for name in TEXTS if (text := cells.get(name, "").strip())}
    facts |= {name: code for name in CODES if (code := cells.get(name, "").strip().lower())}
    if doors := cells.get("doors", "").split():
        facts["doors"] = list(dict.fromkeys(doors))
    if is_yes(cells.get("puc_auto_activate", "")):
        facts["puc_auto_activate"] = True
    return facts


def plan_facts(cells: Cells) -> dict[str, Any]:
    """What the row says; an empty cell says nothing."""
    facts: dict[str, Any] = {}
    if is_yes(cells.get("renews", "")):
        facts["renews"] = True
    if days := cells.get("trial_days", "").strip():
        told = number(days)
        facts["trial_days"] = UNREADABLE if told is None else told
    if card := cells.get("trial_needs_card", "").strip():
        facts["trial_needs_card"] = is_yes(card)
    if version := cells.get("max_version", "").strip():
        facts["max_version"] = version
    return facts


def named_first(rows: Iterable[Row], column: str) -> Iterator[Row]:
    """Rows that name others of their table in `column` come behind these, wherever an import breaks off.

    What is made stays as it was made, so that nothing could be added to it later.
    """
    waiting: dict[str, tuple[Place, Cells]] = {}
    for place, row in rows:
        if isinstance(row, Refusal) or not row.get(column, "").strip():
            yield place, row
        else:
            row_id = row.get("id", "").strip()
            waiting[row_id if row_id and row_id not in waiting else f"\n{len(waiting)}"] = (place, row)
    for first in list(waiting):
        path = dict.fromkeys([first]) if first in waiting else {}
        while path:
            last = next(reversed(path))
            named = waiting[last][1][column].split()
            ahead = next((one for one in named if one in waiting and one not in path), None)
            if ahead is None:
                path.popitem()
                yield waiting.pop(last)
            else:
                path[ahead] = None
