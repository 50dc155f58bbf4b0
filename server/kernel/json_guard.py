"""The strict JSON guard: what a hostile body could break is refused before any library reads it."""

import json
import math
import re
from typing import Any, NoReturn

import orjson

from server.kernel.errors import BadRequest, Invalid

MAX_DEPTH = 32
MAX_NODES = 5_000
MAX_KEY = 128
MAX_STRING = 65_536
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class JsonInvalid(BadRequest):
    """Not strict JSON."""

    code = "json_invalid"
    title = "The body is not valid JSON"


def parse_json(raw: bytes, *, parts: int = MAX_NODES) -> dict[str, Any]:
    """The JSON object in `raw`. Refuses NaN, deep nesting, equal keys, huge integers, NUL."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise JsonInvalid("The body is not valid JSON (UTF-8, no NaN, no broken text)") from error
    if not isinstance(value, dict):
        raise JsonInvalid("The body must be a JSON object")
    _walk(value, parts)
    # orjson keeps the last of two equal keys and turns large integers into floats: a second reader sees both
    try:
        checked: dict[str, Any] = STRICT.decode(raw.decode("utf-8"))
    except RecursionError as error:
        raise JsonInvalid from error
    return checked


def _walk(root: Any, most: int) -> None:
    stack: list[tuple[Any, int]] = [(root, 1)]
    nodes = 0
    while stack:
        value, depth = stack.pop()
        nodes += 1
        if depth > MAX_DEPTH or nodes > most:
            raise JsonInvalid("The body is nested too deeply or has too many parts")
        if isinstance(value, dict):
            for key, child in value.items():
                check_text(key, MAX_KEY)
                stack.append((child, depth + 1))
        elif isinstance(value, list):
            stack.extend((child, depth + 1) for child in value)
        elif isinstance(value, str):
            check_text(value, MAX_STRING)


def check_text(text: str, limit: int = MAX_STRING) -> None:
    """Refuse what no person types; PostgreSQL cannot even look for a NUL."""
    if len(text) > limit:
        raise JsonInvalid("A text in the request is too long")
    if CONTROL.search(text) is None:
        return
    if "\x00" in text:
        raise JsonInvalid("A text in the request holds a NUL character")
    raise Invalid("A text in the request holds control characters", errors=[])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise JsonInvalid("The body names the same key twice")
    return made


def _small_int(digits: str) -> int:
    if len(digits.lstrip("-")) > 19:
        raise JsonInvalid("A number in the body has more than 19 digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise JsonInvalid("A number in the body is too large")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise JsonInvalid("NaN and Infinity are not JSON")


STRICT = json.JSONDecoder(  # made once: json.loads would make one for each body
    object_pairs_hook=_unique, parse_int=_small_int, parse_constant=_no_constant, parse_float=_finite
)
