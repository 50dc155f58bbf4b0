"""What systems that we import from call a product or plan of ours: the next import finds it by that."""

from collections.abc import Sequence

from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.importing.services.run import Run
from server.kernel.db import session
from server.kernel.tenancy import resolve
from server.kernel.text import one_line


class Remembered:
    """The rows of one table by their names there. A dry run remembers for itself only."""

    def __init__(self, run: Run, model: type[Product | Plan]) -> None:
        self._run, self._model = run, model
        rows = session.execute(select(model.id, model.sources))
        self._rows = {source: row_id for row_id, sources in rows for source in sources}

    def find(self, *refs: str) -> str | None:
        """The row that had one of these names before, the first name first."""
        return next((self._rows[name] for name in self._names(refs) if name in self._rows), None)

    def keep(self, row_id: str, *refs: str) -> None:
        """From now on the row has these names, unless the first is known or another row has one: it stays."""
        names = self._names(refs)
        if names[0] in self._rows or any(self._rows.get(name, row_id) != row_id for name in names):
            return
        fresh = [name for name in names if name not in self._rows]
        self._rows |= dict.fromkeys(fresh, row_id)
        if fresh and not self._run.dry_run:
            row = resolve(self._model, row_id)
            row.sources = [*row.sources, *fresh]
            session.flush()

    def _names(self, refs: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(f"{self._run.system}:{one_line(ref).casefold()}" for ref in refs))
