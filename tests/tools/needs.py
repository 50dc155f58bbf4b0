"""What a test needs of the machine, said once in words that can be acted on."""

import os
from typing import NoReturn

import pytest


def skip_or_fail(sentence: str) -> NoReturn:
    """Skip with the sentence; where `CI` is set everything has to be there, so it is a failure."""
    if os.environ.get("CI"):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
