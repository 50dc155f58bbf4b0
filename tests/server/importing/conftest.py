"""Imports of the samples beside this file, for the vendor of the story."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from server.importing.driving import import_files
from server.importing.services import Report
from tests.conftest import NOON, Cast

SAMPLES = Path(__file__).parent / "samples"
Bring = Callable[..., Report]


@pytest.fixture
def bring(harbour: Cast) -> Bring:
    """`bring("edd", "edd-licenses.csv")`: an import of samples, or of files by their path."""

    def run(
        system: str, *files: str | Path, dry_run: bool = False, encoding: str = "", **more: str
    ) -> Report:
        found = [SAMPLES / file for file in files]
        return import_files(
            system,
            [(path, path.name) for path in found],
            now=NOON,
            actor="member:mem_1",
            zone=ZoneInfo("Europe/Bucharest"),
            encoding=encoding,
            mapping=more,
            dry_run=dry_run,
        )

    return run
