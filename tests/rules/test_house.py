"""The house keeps its shape: short files, short functions, told modules, one clock, one way out."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.kernel.db import Model
from tests.conftest import load_models

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("server", "client_sdk/keydesk")
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
# a file longer than that, with its reason
EXCEPTIONS: dict[str, str] = {}


def sources() -> list[Path]:
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in found if "migrations/versions" not in path.as_posix()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


SOURCES = {name_of(path): path for path in sources()}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def faults(name: str, text: str) -> list[str]:
    """What the house does not allow in a module; empty when it may stay."""
    tree = ast.parse(text)
    found = []
    if text.strip() and not ast.get_docstring(tree):
        found.append("does not open with a sentence that says what it is for")
    if text.count("\n") > LONGEST_FILE and name not in EXCEPTIONS:
        found.append(f"has more than {LONGEST_FILE} lines")
    for function in functions(tree):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            found.append(f"{function.name} has {lines} lines")
    found += [f"asks the clock by {call}" for call in clock_calls(tree) if name != "server/kernel/clock.py"]
    found += [f"imports random in line {line}" for line in imports_of(tree, "random")]
    return found


def clock_calls(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            asks = node.func.attr in {"now", "utcnow", "today"}
            if asks and isinstance(owner, ast.Name) and owner.id in {"datetime", "date"}:
                yield f"{owner.id}.{node.func.attr}()"


def imports_of(tree: ast.Module, module: str) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name == module for alias in node.names):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == module:
            yield node.lineno


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_module_keeps_the_rules_of_the_house(name: str) -> None:
    assert faults(name, SOURCES[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("import os\n", "does not open with a sentence"),
        ('"""A room."""\n' + "x = 1\n" * 301, "more than 300 lines"),
        ('"""A room."""\ndef long() -> None:\n' + "    x = 1\n" * 41, "long has 42 lines"),
        ('"""A room."""\nfrom datetime import datetime\nNOW = datetime.now()\n', "asks the clock"),
        ('"""A room."""\nimport random\n', "imports random"),
    ],
)
def test_each_rule_fails_on_a_planted_breach(planted: str, fault: str) -> None:
    assert any(fault in found for found in faults("server/planted.py", planted))


def test_every_exception_is_still_needed() -> None:
    for name, reason in EXCEPTIONS.items():
        assert reason
        assert SOURCES[name].read_text(encoding="utf-8").count("\n") > LONGEST_FILE


def test_every_column_is_named_by_something_besides_its_model() -> None:
    """A column that nothing reads or writes promises what does not happen, like a pause after bad log-ins."""
    load_models()
    texts = [*SOURCES.values(), *(ROOT / "server").rglob("*.html")]
    words = Counter(word for path in texts for word in re.findall(r"\w+", path.read_text(encoding="utf-8")))
    ours = [one for one in Model.registry.mappers if one.class_.__module__.startswith("server.")]
    assert len(ours) > 20
    unused = [
        f"{one.class_.__tablename__}.{column.key}"
        for one in ours
        for column in one.columns
        if words[column.key] < 2
    ]
    assert unused == []
