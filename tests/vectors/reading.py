"""How the tests read a vector file: one pytest parameter for each case, named by the case's id."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent


def cases(family: str) -> list[Any]:
    return [pytest.param(each, id=each["id"]) for each in load(family)["cases"]]


def load(family: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{family}.json").read_text(encoding="utf-8"))
    return document


def text_of(input: dict[str, Any], name: str) -> str:
    """The text of a case; `raw` holds bytes that are not UTF-8 and reaches Python as lone surrogates."""
    if "raw" in input:
        return unb64u(input["raw"]).decode("utf-8", "surrogateescape")
    text: str = input[name]
    return text


def unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
