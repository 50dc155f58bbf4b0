"""One file a helpdesk: a connector is found by lying here, and its kind is the file's name."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping

from server.helpdesks.contract import Connector


class WrongConnector(RuntimeError):
    """A file in the folder does not define exactly one connector of its own name; stops the start."""


def discover(package: str = __name__, folders: Iterable[str] = __path__) -> Mapping[str, type[Connector]]:
    """Every connector of the folder by its kind. Files beginning with `_` are shared code."""
    names = sorted(
        module.name
        for module in pkgutil.iter_modules(list(folders))
        if not module.ispkg and module.name[0] != "_"
    )
    return {name: _connector_of(package, name) for name in names}


def _connector_of(package: str, name: str) -> type[Connector]:
    module = importlib.import_module(f"{package}.{name}")
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Connector) and value.__module__ == module.__name__
    ]
    if len(found) != 1 or found[0].kind != name:
        raise WrongConnector(f"{name}.py must define exactly one connector whose kind is {name!r}")
    return found[0]
