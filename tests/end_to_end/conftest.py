"""The parts of the story for the browser tests, on the database that a test asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.end_to_end.parts import Parts, running_parts


@pytest.fixture(params=["sqlite"])
def parts(request: pytest.FixtureRequest, tmp_path: Path, browser: Browser) -> Iterator[Parts]:
    """A demo server with everything around it; `indirect` parameters name the database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with running_parts(tmp_path, browser, url) as running:
        yield running
