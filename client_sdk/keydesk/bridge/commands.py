"""The commands ``keydesk bridge build`` and ``keydesk bridge verify``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from keydesk.bridge.build import build
from keydesk.bridge.product import BuildRefused
from keydesk.bridge.verify import verify

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 (argparse names it so)


def add_commands(subparsers: Subparsers) -> None:
    """Add ``bridge`` with its two commands; each sets ``run``, which returns the exit code."""
    bridge = subparsers.add_parser("bridge", help="make or check a plugin's copy of the WordPress bridge")
    commands = bridge.add_subparsers(dest="bridge_command", required=True)
    make = commands.add_parser("build", help="make a private copy for one plugin")
    make.add_argument("--slug", required=True, help="the plugin's slug, such as acme-gallery")
    make.add_argument("--prefix", required=True, help="your PHP namespace, such as Acme")
    make.add_argument("--product-file", required=True, type=Path, help="downloaded from the console")
    make.add_argument("--source", type=Path, default=Path("wp_bridge"), help="folder of the bridge's source")
    make.add_argument("--output", required=True, type=Path, help="for example acme-gallery/keydesk")
    make.set_defaults(run=_build)
    check = commands.add_parser("verify", help="say whether a copy is unchanged")
    check.add_argument("path", type=Path)
    check.set_defaults(run=_verify)


def _build(arguments: argparse.Namespace) -> int:
    try:
        report = build(
            arguments.source,
            arguments.output,
            slug=arguments.slug,
            prefix=arguments.prefix,
            product_file=arguments.product_file,
        )
    except BuildRefused as refused:
        sys.stderr.write(f"{refused.code}: {refused}\n")
        return 2
    syntax = "syntax checked" if report.syntax_checked else "no php here: syntax was not checked"
    sys.stdout.write(f"bridge {report.version}: {len(report.files)} files in {arguments.output}, {syntax}\n")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    try:
        report = verify(arguments.path)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"bridge {report.version}, edition {report.edition}, for {report.slug}\n")
    for word, names in (
        ("changed", report.changed),
        ("missing", report.missing),
        ("unknown", report.unknown),
    ):
        for name in names:
            sys.stdout.write(f"{word}: {name}\n")
    return 0 if report.is_untouched else 1
