"""Runs a module's tests against its mutants: collected once, forked for each mutant and changed there."""

import ast
import contextlib
import importlib
import inspect
import io
import os
import signal
import tempfile
import time
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.mutants import Mutant, mutants_of

AT_ONCE = 2
WAIT_S = 0.01
FIRST_LIMIT_S = 300.0
PASSED, NOTICED, BROKEN = 0, 1, 2


class RunBroken(Exception):
    """The tests could not be run, or fail without any mistake: no mutant proves anything."""


@dataclass
class Trials:
    """A plugin of pytest that tries all mutants of a module where the tests would run."""

    module: str
    total: int = 0
    survivors: list[Mutant] = field(default_factory=list)
    broken: Exception | None = None

    @property
    def share(self) -> float:
        return 1 - len(self.survivors) / self.total if self.total else 1.0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        try:
            self._try_all(session)
        except RunBroken as error:
            self.broken = error
        return True

    def _try_all(self, session: pytest.Session) -> None:
        module = importlib.import_module(self.module)
        first = _Child(session, module, None, FIRST_LIMIT_S)
        if first.noticed():
            raise RunBroken(f"the tests of {self.module} fail without any mistake")
        limit_s = 20 + 5 * (time.monotonic() - first.begun)
        waiting, running = mutants_of(inspect.getsource(module)), list[tuple[Mutant, _Child]]()
        while True:
            while len(running) < AT_ONCE and (mutant := next(waiting, None)) is not None:
                running.append((mutant, _Child(session, module, mutant.tree, limit_s)))
            if not running:
                return
            mutant, child = running.pop(0)
            self.total += 1
            if not child.noticed():
                self.survivors.append(mutant)


def try_mutants(module: str, tests: Sequence[str]) -> Trials:
    """Every mutant of the module against these tests. Raises RunBroken."""
    trials = Trials(module)
    unseen = contextlib.redirect_stdout(io.StringIO())
    with tempfile.TemporaryDirectory(prefix="keydesk-mutants-") as folder, unseen:
        quiet = ["-q", "-s", "-p", "no:randomly", "-p", "no:xdist", "-W", "ignore:Module already imported"]
        pytest.main([*quiet, "-k", "not postgresql", "--basetemp", f"{folder}/pytest", *tests], [trials])
    if trials.broken or not trials.total:
        raise trials.broken or RunBroken(f"the tests of {module} were not collected")
    return trials


class _Child:
    """One run of the tests in a fork of this process, until the first one fails."""

    def __init__(
        self, session: pytest.Session, module: types.ModuleType, tree: ast.Module | None, limit_s: float
    ) -> None:
        self.begun, self.limit_s = time.monotonic(), limit_s
        self.pid = os.fork()
        if self.pid == 0:
            _run_and_leave(session, module, tree)

    def noticed(self) -> bool:
        """Whether the tests noticed the mistake; a run that does not end was noticed too."""
        while time.monotonic() - self.begun < self.limit_s:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                if os.waitstatus_to_exitcode(status) == BROKEN:
                    raise RunBroken("the tests could not be run")
                return os.waitstatus_to_exitcode(status) != PASSED
            time.sleep(WAIT_S)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return True


def _run_and_leave(session: pytest.Session, module: types.ModuleType, tree: ast.Module | None) -> None:
    """Never returns: the child is not to run what the parent has still to do."""
    code = BROKEN
    try:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        can_be_imported = tree is None or plant(module, tree)
        code = _run(session) if can_be_imported else NOTICED
    finally:
        os._exit(code)


def _run(session: pytest.Session) -> int:
    for number, item in enumerate(session.items):
        following = session.items[number + 1] if number + 1 < len(session.items) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return NOTICED
    return PASSED


def plant(module: types.ModuleType, tree: ast.Module) -> bool:
    """Change the loaded module into the mutant. Others hold its functions, so their code is exchanged."""
    made: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    with contextlib.suppress(Exception):
        exec(compile(tree, module.__file__ or "mutant", "exec"), made)  # noqa: S102  to run it is the point
        for name, new in made.items():
            old = module.__dict__.get(name)
            if inspect.isclass(old) and old.__module__ == module.__name__:
                _exchange_parts(old, new)
            elif not _exchange(old, new) and not inspect.isclass(new) and not name.startswith("__"):
                module.__dict__[name] = new
        return True
    return False


def _exchange_parts(old: type, new: type) -> None:
    for name, part in vars(new).items():
        held = vars(old).get(name)
        if not _exchange(held, part) and isinstance(part, (str, int)) and not name.startswith("__"):
            setattr(old, name, part)


def _exchange(old: Any, new: Any) -> bool:
    pairs = [
        (one, other)
        for one, other in zip(_functions(old), _functions(new), strict=False)
        if one.__code__.co_freevars == other.__code__.co_freevars
    ]
    for one, other in pairs:
        one.__code__, one.__defaults__, one.__kwdefaults__ = (
            other.__code__,
            other.__defaults__,
            other.__kwdefaults__,
        )
    return bool(pairs)


def _functions(held: Any) -> Iterator[types.FunctionType]:
    held = getattr(held, "fget", None) or getattr(held, "__func__", None) or held
    held = inspect.unwrap(held) if callable(held) and not inspect.isclass(held) else held
    if isinstance(held, types.FunctionType):
        yield held
