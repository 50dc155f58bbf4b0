"""Reads Stripe's form encoding (`line_items[0][price_data][currency]=eur`) into nested values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.fake_stripe.errors import StripeFailure, invalid

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[0][b]=1&c[]=2` becomes `{"a": [{"b": "1"}], "c": ["2"]}`."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        found = _KEY.match(key)
        if found is None:
            raise invalid(key, f"Invalid parameter name: {key}")
        _put(tree, [found[1], *re.findall(r"\[([^\]]*)\]", found[2])], value)
    return {name: _with_lists(branch) for name, branch in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise invalid(path[0], f"Invalid object: {path[0]}")
    tree[path[-1] or str(len(tree))] = value


def _with_lists(branch: Any) -> Any:
    """Numbered keys were a list on the way; everything else stays a mapping."""
    if not isinstance(branch, dict):
        return branch
    if branch and all(key.isdigit() for key in branch):
        return [_with_lists(branch[key]) for key in sorted(branch, key=int)]
    return {key: _with_lists(value) for key, value in branch.items()}


def whole_number(value: Any, param: str, *, least: int = 0) -> int:
    if not (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value)):
        raise StripeFailure(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=param)
    if int(value) < least:
        raise invalid(param, f"This value must be greater than or equal to {least}.")
    return int(value)


def refuse_unknown(given: dict[str, Any], known: set[str]) -> None:
    for name in given:
        if name not in known | {"expand"}:
            raise StripeFailure(
                400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )
