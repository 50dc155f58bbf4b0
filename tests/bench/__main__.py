"""What a validation costs: `./check bench`, or `python -m tests.bench` with other numbers.

Serves a bare Flask route and Keydesk with the same granian, drives them by turns, prints ratios. It judges
nothing on a machine that is busy with other things, and fails no build.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.comparing import HELLO, Comparison, Target, compare
from tests.bench.driving import CannotMeasure
from tests.bench.report import judge, write
from tests.bench.seeding import AskingSite, environment, seed
from tests.tools.processes import start, wait_for_answer
from tests.tools.waiting import free_port

ROOT = Path(__file__).resolve().parents[2]
SMALL, LARGE = 10_000, 1_000_000
HELLO_LINE = "POST\t/hello\t\t\t{}\n"


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help=f"also with {LARGE:,} licenses")
    parser.add_argument("--licenses", type=int, nargs="+", help="numbers of licenses to compare")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round and route")
    parser.add_argument("--write", action="store_true", help="write docs/reference/performance.md")
    asked = parser.parse_args(words)
    sizes = asked.licenses or ([SMALL, LARGE] if asked.full else [SMALL])
    with tempfile.TemporaryDirectory(prefix="keydesk-bench-") as folder, ExitStack() as running:
        targets = [running.enter_context(_hello(Path(folder)))]
        targets += [running.enter_context(_keydesk(Path(folder) / f"{size}", size)) for size in sizes]
        try:
            found = compare(targets, rounds=asked.rounds, seconds=asked.seconds)
            _say(found, [target.name for target in targets])
            found.refuse_unsteady()
        except CannotMeasure as reason:
            print(f"not measured: {reason}")
            return
    print("\n".join(judge(found, sizes)))
    if asked.write:
        write(ROOT / "docs" / "reference" / "performance.md", found, sizes, words)


def name_of(size: int) -> str:
    """How a target of so many licenses is called."""
    return f"{size:,} licenses"


@contextmanager
def _hello(folder: Path) -> Iterator[Target]:
    requests = folder / "hello.txt"
    requests.write_text(HELLO_LINE, encoding="ascii")
    port = free_port()
    with _served("tests.bench.hello:make_app", port, folder / "hello", {}, "/hello") as pid:
        yield Target(HELLO, f"http://127.0.0.1:{port}", pid, requests)


@contextmanager
def _keydesk(folder: Path, size: int) -> Iterator[Target]:
    folder.mkdir()
    port, requests = free_port(), folder / "requests.txt"
    settings = environment(folder, port)
    print(f"seeding {size:,} licenses …", flush=True)
    requests.write_text("".join(map(_line, seed(settings, size))), encoding="ascii")
    with _served("server.web:make_app", port, folder, settings, "/healthz") as pid:
        yield Target(name_of(size), f"http://127.0.0.1:{port}", pid, requests)


@contextmanager
def _served(factory: str, port: int, folder: Path, settings: dict[str, str], path: str) -> Iterator[int]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    words = [sys.executable, "-m", "tests.bench.serving", factory, str(port)]
    program = start(words, log=folder.with_suffix(".log"), env=inherited | settings, cwd=ROOT)
    try:
        wait_for_answer(program, f"http://127.0.0.1:{port}{path}", 30)
        yield program.pid
    finally:
        program.stop()


def _line(site: AskingSite) -> str:
    """One validation as a site asks it, see requests.lua."""
    nonce = "".join(random.Random(site.token).choices("abcdefghijklmnopqrstuvwxyz", k=22))
    body = json.dumps({"site_url": site.url, "plugin_version": "4.2.0"})
    return f"POST\t/v1/license-validations\t{site.token}\t{nonce}\t{body}\n"


def _say(found: Comparison, names: Sequence[str]) -> None:
    for name in names:
        each = ", ".join(
            f"{figures.cpu_us:.0f} µs at {figures.per_second:.0f}/s" for figures in found.rounds[name]
        )
        print(f"{name}: {each}; p50 {found.p50_ms(name):.1f} ms, p99 {found.p99_ms(name):.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
