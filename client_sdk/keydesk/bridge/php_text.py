"""Writes the PHP files that are made, not copied: config.php and class-map.php."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

CLASS = re.compile(r"^(?:final |abstract )?(?:class|interface) (\w+)", re.MULTILINE)
NAMESPACE = re.compile(r"^namespace ([\w\\]+);", re.MULTILINE)

PhpValue: TypeAlias = "str | int | Sequence[PhpValue] | Mapping[str, PhpValue]"


def php_file(comment: str, value: PhpValue) -> str:
    """A file that returns ``value``, written the same for the same input."""
    return f"<?php\n\n/**\n * {comment}\n */\n\nreturn {_php(value, 0)};\n"


def _php(value: PhpValue, depth: int) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, int):
        return str(value)
    pad = "\t" * (depth + 1)
    if isinstance(value, Mapping):
        rows = [f"{pad}{_php(key, 0)} => {_php(item, depth + 1)},\n" for key, item in value.items()]
    else:
        rows = [f"{pad}{_php(item, depth + 1)},\n" for item in value]
    return "array(\n" + "".join(rows) + "\t" * depth + ")" if rows else "array()"


def class_map(files: dict[str, str]) -> dict[str, str]:
    """Class name to path, for each file under src/ (path to text)."""
    found: dict[str, str] = {}
    for path, text in sorted(files.items()):
        namespace, name = NAMESPACE.search(text), CLASS.search(text)
        if path.startswith("src/") and namespace and name:
            found[f"{namespace[1]}\\{name[1]}"] = path
    return found
