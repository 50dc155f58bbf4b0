"""A file in the folder is a connector."""

import sys
from pathlib import Path

import pytest

from server.helpdesks.connectors import WrongConnector, discover

PLANTED = """
from marshmallow import Schema
from server.helpdesks.contract import Connector

class Planted(Connector):
    kind = "{kind}"
    label = "Planted"
    settings_schema = Schema
    capabilities = frozenset()
    status_in = {{}}
    status_out = {{}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of its own name, so that tests do not see each other's modules."""
    made = tmp_path / f"planted_{tmp_path.name.replace('-', '_')}"
    made.mkdir()
    (made / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    return made


def found_in(folder: Path) -> list[str]:
    try:
        return sorted(discover(folder.name, [str(folder)]))
    finally:
        for name in [name for name in sys.modules if name.startswith(folder.name)]:
            del sys.modules[name]


def test_the_shipped_connectors_are_found() -> None:
    assert sorted(discover()) == ["roundup", "signed_webhook"]


def test_a_file_dropped_into_the_folder_is_found_and_shared_code_is_not(folder: Path) -> None:
    (folder / "planted.py").write_text(PLANTED.format(kind="planted"))
    (folder / "_shared.py").write_text("raise RuntimeError")

    assert found_in(folder) == ["planted"]


@pytest.mark.parametrize(
    "content", [PLANTED.format(kind="other"), "", PLANTED.format(kind="planted") * 2 + "\nA = 1"]
)
def test_a_file_that_is_not_one_connector_of_its_name_stops_the_start(folder: Path, content: str) -> None:
    second = content.replace("class Planted", "class Second", 1) if content.endswith("A = 1") else content
    (folder / "planted.py").write_text(second)

    with pytest.raises(WrongConnector, match=r"planted\.py"):
        found_in(folder)
