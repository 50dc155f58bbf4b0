"""Makes the vector files from their sources: `python -m tests.vectors.build`; `--check` only compares."""

import argparse
import json
import sys
from pathlib import Path

from tests.vectors import (
    edd,
    environments,
    keys,
    lease_states,
    leases,
    replies,
    revocations,
    site_urls,
    stripe_lives,
    tokens,
    validation,
)
from tests.vectors.making import Family

FOLDER = Path(__file__).parent
MODULES = (
    keys,
    tokens,
    site_urls,
    environments,
    leases,
    lease_states,
    replies,
    revocations,
    validation,
    edd,
    stripe_lives,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a file differs")
    only_check = parser.parse_args().check
    families = [module.family() for module in MODULES]
    differing = [family.name for family in families if not is_written(family, only_check=only_check)]
    for name in differing:
        print(f"{name}.json differs from its source: run python -m tests.vectors.build", file=sys.stderr)
    return 1 if differing else 0


def is_written(family: Family, *, only_check: bool) -> bool:
    refuse_poor(family)
    path, text = FOLDER / f"{family.name}.json", as_text(family)
    if only_check:
        return path.exists() and path.read_text(encoding="utf-8") == text
    path.write_text(text, encoding="utf-8")
    print(f"{path.name}: {len(family.cases)} cases")
    return True


def refuse_poor(family: Family) -> None:
    ids = [each["id"] for each in family.cases]
    if len(set(ids)) != len(ids):
        raise SystemExit(f"{family.name}: an id stands twice")
    if len(ids) < family.minimum:
        raise SystemExit(f"{family.name}: {len(ids)} cases, the contract asks for {family.minimum}")


def as_text(family: Family) -> str:
    document = {"family": family.name, "version": 1, "keys": family.keys, "cases": family.cases}
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    sys.exit(main())
