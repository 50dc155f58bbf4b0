"""What every step of one import knows: from where, when, by whom, and whether it may write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from server.accounts.models import AuditEntry
from server.importing.aside import Aside
from server.importing.services.reporting import Report
from server.kernel.db import Model, session
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant


@dataclass(frozen=True)
class Run:
    """One import. Rows go in as bulk statements of the table, because objects would cost minutes."""

    system: str
    now: datetime
    actor: str
    dry_run: bool
    report: Report
    aside: Aside

    def source_of(self, ref: str) -> str:
        """How a row remembers where it came from."""
        return f"{self.system}:{ref}"[:200]

    def insert(self, model: type[Model], rows: Sequence[Mapping[str, Any]]) -> None:
        """Write new rows of the present vendor."""
        if rows and not self.dry_run:
            tenant_id = current_tenant()
            session.execute(insert(model.__table__), [{"tenant_id": tenant_id, **row} for row in rows])  # type: ignore[arg-type]

    def audit(self, action: str, facts: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember for each of these subjects that the import made it."""
        rows = [
            {
                "id": new_id("aud"),
                "at": self.now,
                "actor": self.actor,
                "action": action,
                "subject_id": subject,
                "facts": dict(told),
            }
            for subject, told in facts.items()
        ]
        self.insert(AuditEntry, rows)
