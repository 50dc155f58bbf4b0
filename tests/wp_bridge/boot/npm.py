"""Files out of npm packages, by the machine's own npm client; nothing is installed and no script runs."""

import subprocess
from pathlib import Path

FETCH_S = 300


def unpack(package: str, into: Path, members: tuple[str, ...] = ()) -> Path:
    """Fetch `package` (name@version) and unpack it, or only some members; the folder that holds its files."""
    named = subprocess.run(
        ["npm", "pack", "--silent", "--ignore-scripts", package],
        cwd=into,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=FETCH_S,
    )
    archive = into / named.stdout.strip().splitlines()[-1]
    inside = [f"package/{member}" for member in members]
    subprocess.run(
        ["tar", "-xzf", archive, "--no-same-owner", *inside], cwd=into, check=True, timeout=FETCH_S
    )
    archive.unlink()
    return into / "package"
