"""The `keydesk` command in a folder of its own, each time as its own process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


class Shell:
    """Runs the command beside a product file."""

    def __init__(self, folder: Path, product: dict[str, Any]) -> None:
        self.folder = folder
        (folder / "product.json").write_text(json.dumps(product))

    def __call__(self, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "keydesk._command", *words]
        env = {"PYTHONPATH": str(Path(__file__).parents[2] / "client_sdk"), "PYTHONUTF8": "1"}
        return subprocess.run(
            command, cwd=self.folder, input=text, capture_output=True, text=True, env=env, check=False
        )

    def activate_at(self, url: str, key: str, *more: str) -> subprocess.CompletedProcess[str]:
        words = ("activate", "-", "--product-file", "product.json", "--site-url", url, *more)
        return self(*words, text=key + "\n")

    @property
    def stored(self) -> bytes:
        return (self.folder / "keydesk.json").read_bytes()

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.stored)
        return state
