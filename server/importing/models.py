"""An import that somebody began in the console: its files, how far it is, and what came of it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped

# A dry run first; the person reads its report and then lets the import run.
STATES = ("checking", "checked", "running", "done", "failed")
AT_WORK = ("checking", "running")


class ImportRun(TenantScoped, Model):
    """One upload. Its files and its report lie on the server for a day."""

    __tablename__ = "import_runs"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("imp"))
    system: Mapped[str]  # a format of server/importing/formats.py
    file_names: Mapped[list[str]]
    mapping: Mapped[dict[str, Any]]
    zone: Mapped[str]  # of moments that name none
    encoding: Mapped[str] = mapped_column(default="")  # of files that are not UTF-8; empty: a guess
    state: Mapped[str] = mapped_column(default="checking")  # one of STATES
    done_bytes: Mapped[int] = mapped_column(default=0)
    total_bytes: Mapped[int]
    counts: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # the report's table, and new names
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # why rows were left out, how often
    shown: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # the first lines of the report
    error: Mapped[str] = mapped_column(default="")  # why it ended, in words
    actor: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # of the present phase
    files_until: Mapped[datetime | None]  # None: they are gone
