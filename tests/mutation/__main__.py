"""Whether the tests would notice mistakes: `./check mutation`, or `python -m tests.mutation MODULE…`.

Plants small mistakes in the modules that decide about keys, leases and seats, one at a time, and runs their
quick tests. Prints the share that was noticed and each mistake that was not; below the goal it fails.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.running import try_mutants

ROOT = Path(__file__).resolve().parents[2]
GOAL = 0.85
LOADED_ONCE = ("server.app", "hypothesis", "playwright.sync_api", "tests.conftest")  # before the forks
SERVER, SDK = "tests/server/licensing", "tests/client_sdk"
OF_SDK = tuple(f"{SDK}/test_{name}.py" for name in ("closely", "vectors", "trust"))
TARGETS: dict[str, tuple[str, ...]] = {
    "server.licensing.keys": (f"{SERVER}/test_keys.py", f"{SERVER}/test_keys_closely.py"),
    "server.licensing.leases": (
        f"{SERVER}/test_leases_closely.py",
        f"{SERVER}/test_leases.py",
        f"{SERVER}/test_revocations.py",
    ),
    "server.licensing.services.seats": tuple(
        f"{SERVER}/test_{name}.py" for name in ("activating", "networks", "resolving", "recounting")
    ),
    "keydesk._leases": OF_SDK,
    "keydesk._lease_payload": OF_SDK,
    "keydesk._signed_texts": OF_SDK,
    "keydesk._signatures": OF_SDK,
    "keydesk._license_keys": OF_SDK,
}


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="no difference: all modules are always tried")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(TARGETS))
    asked = parser.parse_args(words)
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "client_sdk")]
    for slow in LOADED_ONCE:
        importlib.import_module(slow)
    scores = {}
    for name in asked.modules or TARGETS:
        scores[name] = try_mutants(name, TARGETS[name])
        print(f"{name}: {scores[name].share:.0%} of {scores[name].total} noticed", flush=True)
        for survivor in scores[name].survivors:
            print(f"  line {survivor.line}: {survivor.before}  →  {survivor.after}")
    missed = [name for name, score in scores.items() if score.share < GOAL]
    if missed:
        sys.exit(f"below {GOAL:.0%}: {', '.join(missed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
