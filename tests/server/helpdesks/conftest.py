"""Real targets for the connectors: Roundup as a process, and a receiver that verifies our signatures."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.kernel import settings
from tests.helpdesks.roundup.agent import Agent
from tests.helpdesks.roundup.boot import Roundup, boot_roundup
from tests.server.helpdesks.receiver import Receiver, running_receiver
from tests.tools.waiting import free_port


@pytest.fixture(scope="session")
def roundup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roundup]:
    """The worker's own Roundup; tests use tickets of their own and look only at them."""
    folder: Path = tmp_path_factory.mktemp("roundup")
    desk = boot_roundup(folder, free_port())
    yield desk
    desk.stop()


@pytest.fixture
def agent(roundup: Roundup) -> Agent:
    return Agent(roundup)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


@pytest.fixture
def loopback_allowed(app_settings: settings.Settings) -> settings.Settings:
    """The operator opens the helpdesk in the own network."""
    return settings.remember(replace(app_settings, outbound_allow=("127.0.0.1/32",)))
