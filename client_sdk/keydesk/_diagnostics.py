"""What a ticket may tell about the machine: sections the person agreed to, without our own secrets."""

import json
import platform
import re
import sys
from collections.abc import Mapping
from typing import Any

from keydesk.errors import BadInput

LARGEST = 32 * 1024
SECTIONS = frozenset(("site", "server", "theme", "plugins", "plugin_settings", "errors"))
SECRETS = re.compile(
    r"\b(?:KD1(?:-[0-9A-HJKMNP-TV-Z]{6}){5}|kds_(?:live|test)_[0-9A-Za-z]{48}|kd[tx]_[0-9A-Za-z]{48}"
    r"|kdp_[0-9A-Za-z]{30})\b|\bwhsec_[A-Za-z0-9+/]{43}=",
    re.ASCII,
)
REMOVED = "[removed]"


def system_diagnostics() -> dict[str, dict[str, str]]:
    """The section `server` about this Python.

    Versions and the kind of system. No names, paths or addresses.
    """
    return {
        "server": {
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "system": f"{platform.system()} {platform.release()}",
            "machine": platform.machine(),
            "bits": "64" if sys.maxsize > 2**32 else "32",
        }
    }


def without_secrets(text: str) -> str:
    """The text with every license key, token and webhook secret of Keydesk taken out."""
    return SECRETS.sub(REMOVED, text)


def checked(diagnostics: Mapping[str, Any]) -> dict[str, Any]:
    """The diagnostics as they are sent. Raises `BadInput` for unknown sections and for more than 32 KiB."""
    unknown = sorted(set(diagnostics) - SECTIONS)
    if unknown:
        raise BadInput(f"unknown diagnostics section: {unknown[0]}", field="diagnostics")
    try:
        text = json.dumps(diagnostics, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError) as error:
        raise BadInput("diagnostics hold something that is no JSON value", field="diagnostics") from error
    if size > LARGEST:
        raise BadInput("diagnostics are larger than 32 KiB", field="diagnostics")
    cleaned: dict[str, Any] = json.loads(without_secrets(text))
    return cleaned
